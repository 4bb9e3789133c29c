// Logs in with Auth.js as the emulator's page of documentation sets it up, and prints the session.
import { Auth } from "@auth/core";
import Kakao from "@auth/core/providers/kakao";

const { ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;
const site = "http://localhost:3000/api/auth";
const config = {
  secret: "x".repeat(32),
  trustHost: true,
  basePath: "/api/auth",
  logger: { error: (error) => console.error(error), warn() {}, debug() {} },
  providers: [
    Kakao({
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      issuer: ISSUER,
      authorization: `${ISSUER}/oauth/authorize?scope=`,
      token: `${ISSUER}/oauth/token`,
      userinfo: `${ISSUER}/v2/user/me`,
    }),
  ],
};
const jar = new Map();

async function ask(path, form) {
  const cookie = [...jar].map((pair) => pair.join("=")).join("; ");
  const body = form && new URLSearchParams(form);
  const answer = await Auth(new Request(new URL(path, `${site}/`), { method: form ? "POST" : "GET", headers: { cookie }, body }), config);
  for (const line of answer.headers.getSetCookie()) {
    const [name, ...value] = line.split(";")[0].split("=");
    jar.set(name, value.join("="));
  }
  return answer;
}

const { csrfToken } = await (await ask("csrf")).json();
const leave = await ask("signin/kakao", { csrfToken, callbackUrl: "http://localhost:3000/" });
const back = await fetch(leave.headers.get("location"), { redirect: "manual" });
await ask(back.headers.get("location"));
console.log(JSON.stringify(await (await ask("session")).json()));
