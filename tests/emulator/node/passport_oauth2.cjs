// Logs in with passport-oauth2 as the emulator's page of documentation sets it up.
const http = require("http");
const OAuth2Strategy = require("passport-oauth2");
const { logIn, redirectUri } = require("./passport.cjs");

const { ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;
const options = {
  authorizationURL: `${ISSUER}/oauth/authorize`,
  tokenURL: `${ISSUER}/oauth/token`,
  clientID: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  callbackURL: redirectUri,
};
logIn(new OAuth2Strategy(options, (accessToken, refreshToken, answer, profile, done) => done(null, answer)), http);
