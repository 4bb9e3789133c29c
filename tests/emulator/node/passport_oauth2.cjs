// Logs in with passport-oauth2 as the emulator's page of documentation sets it up.
const http = require("http");
const OAuth2Strategy = require("passport-oauth2");
const { logIn, redirectUri } = require("./passport.cjs");

const { ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;
const strategy = new OAuth2Strategy(
  {
    authorizationURL: `${ISSUER}/oauth/authorize`,
    tokenURL: `${ISSUER}/oauth/token`,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    callbackURL: redirectUri,
  },
  (accessToken, refreshToken, profile, done) => done(null, profile),
);
strategy._oauth2.useAuthorizationHeaderforGET(true);
strategy.userProfile = (token, done) =>
  strategy._oauth2.get(`${ISSUER}/v2/user/me`, token, (error, body) => done(error, body && JSON.parse(body)));
logIn(strategy, http);
