// Logs in with passport-kakao, whose URLs are built in, and prints the profile it hands to the app.
const https = require("https");
const { Strategy } = require("passport-kakao");

const { PORT, CLIENT_ID, CLIENT_SECRET } = process.env;

// What the hosts file and a server at port 443 do outside of a test.
const connect = https.globalAgent.createConnection;
https.globalAgent.createConnection = (options, ...rest) =>
  connect.call(https.globalAgent, { ...options, host: "127.0.0.1", port: PORT }, ...rest);

const strategy = new Strategy(
  { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, callbackURL: "http://localhost:3000/cb" },
  (accessToken, refreshToken, profile, done) => done(null, profile),
);
strategy.success = (profile) => process.stdout.write(JSON.stringify(profile), () => process.exit(0));
strategy.fail = (reason) => { console.error(reason); process.exit(1); };
strategy.error = (error) => { console.error(error); process.exit(1); };
strategy.redirect = (location) =>
  https.get(location, (answer) => {
    answer.resume();
    const query = Object.fromEntries(new URL(answer.headers.location).searchParams);
    strategy.authenticate({ query, headers: {}, session: {}, url: "/cb" }, {});
  });

strategy.authenticate({ query: {}, headers: {}, session: {}, url: "/login" }, {});
