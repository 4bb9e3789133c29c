// Logs in with passport-kakao, whose URLs are built in.
const https = require("https");
const { Strategy } = require("passport-kakao");
const { logIn, redirectUri } = require("./passport.cjs");

const { CLIENT_ID, CLIENT_SECRET } = process.env;
const options = { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, callbackURL: redirectUri };
logIn(new Strategy(options, (accessToken, refreshToken, profile, done) => done(null, profile)), https);
