// Drives a passport strategy through a login, as the browser and the framework, and prints what the app is handed.
exports.redirectUri = "http://localhost:3000/cb";

exports.logIn = (strategy, { get }) => {
  const wrong = (reason) => {
    console.error(reason);
    process.exit(1);
  };
  strategy.success = (handed) => process.stdout.write(JSON.stringify(handed), () => process.exit(0));
  strategy.fail = strategy.error = wrong;
  strategy.redirect = (location) =>
    get(location, (answer) => {
      answer.resume();
      const query = Object.fromEntries(new URL(answer.headers.location).searchParams);
      strategy.authenticate({ query, headers: {}, session: {}, url: "/cb" }, {});
    });
  strategy.authenticate({ query: {}, headers: {}, session: {}, url: "/login" }, {});
};
