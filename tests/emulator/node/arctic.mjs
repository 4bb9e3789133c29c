// Logs in with arctic, whose URLs are built in and which joins scopes by spaces; prints the user.
import { Kakao, generateState } from "arctic";

const { CLIENT_ID, CLIENT_SECRET } = process.env;
const kakao = new Kakao(CLIENT_ID, CLIENT_SECRET, "http://localhost:3000/cb");
const url = kakao.createAuthorizationURL(generateState(), ["account_email", "profile_nickname"]);
const back = await fetch(url, { redirect: "manual" });
const code = new URL(back.headers.get("location")).searchParams.get("code");
const tokens = await kakao.validateAuthorizationCode(code);
const refreshed = await kakao.refreshAccessToken(tokens.refreshToken());
const answer = await fetch("https://kapi.kakao.com/v2/user/me", {
  headers: { Authorization: `Bearer ${refreshed.accessToken()}` },
});
console.log(await answer.text());
