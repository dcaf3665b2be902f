/** A proxy on loopback, for tests: passes plain requests on and opens tunnels with CONNECT; may ask for a password. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { listen } from './hub-server.mjs';

export async function startProxy({ password = null, refuse = null } = {}) {
  const seen = [];
  const ports = [];
  const allowed = (request) => {
    const given = Buffer.from(
      (request.headers['proxy-authorization'] ?? '').replace('Basic ', ''),
      'base64',
    ).toString();
    return password === null || given === password;
  };
  const { server, url, close } = await listen((request, response) => {
    seen.push({ method: request.method, target: request.url });
    if (!allowed(request)) return response.writeHead(407).end();
    if (refuse !== null) return response.writeHead(refuse).end();
    const { 'proxy-authorization': _secret, ...headers } = request.headers;
    const onward = httpRequest(request.url, { method: request.method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
      answer.on('close', () => answer.complete || response.destroy());
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  const sockets = new Set();
  server.on('connect', (request, client) => {
    seen.push({ method: 'CONNECT', target: request.url });
    client.on('error', () => undefined);
    if (!allowed(request)) return client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    if (refuse !== null) return client.end(`HTTP/1.1 ${refuse} Refused\r\n\r\n`);
    const [host, port] = request.url.split(':');
    const onward = connect(Number(port), host, () => {
      ports.push(onward.localPort);
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(client).pipe(onward);
    });
    sockets.add(onward).add(client);
    onward.on('error', () => client.destroy());
  });
  return {
    url,
    seen,
    ports,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await close();
    },
  };
}
