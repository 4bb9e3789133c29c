// Logs in by OpenID Connect with openid-client and prints what it learned.
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;
const redirectUri = "http://localhost:3000/cb";

const config = await client.discovery(
  new URL(ISSUER),
  CLIENT_ID,
  undefined,
  client.ClientSecretPost(CLIENT_SECRET),
  { execute: [client.allowInsecureRequests] },
);
const verifier = client.randomPKCECodeVerifier();
const nonce = client.randomNonce();
const state = client.randomState();
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope: "openid profile_nickname account_email",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  nonce,
  state,
});
const back = await fetch(url, { redirect: "manual" });
const tokens = await client.authorizationCodeGrant(config, new URL(back.headers.get("location")), {
  pkceCodeVerifier: verifier,
  expectedNonce: nonce,
  expectedState: state,
});
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
console.log(JSON.stringify({ claims, userinfo, refreshed: Boolean(refreshed.access_token) }));
