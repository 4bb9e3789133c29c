// Does for one process what the hosts file and a server at port 443 do outside of a test.
const tls = require("tls");

const connect = tls.connect;
tls.connect = (options, ...rest) =>
  connect({ ...options, servername: options.servername ?? options.host, host: "127.0.0.1", port: process.env.PORT }, ...rest);
