// emulate's Slack with what its command line can't do: signed events to an address, a look at what was ephemeral, and arguments
// in the query (emulate reads POST bodies alone, Slack and its clients know both).
// usage: node peer.mjs SEED.yaml PORT INNER-PORT; needs Node 22.15 or newer
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parse } from 'yaml';

const [, , seedFile, port, innerPort] = process.argv;
const dist = join(dirname(fileURLToPath(import.meta.url)), 'node_modules', 'emulate', 'dist');
const load = (name) => import(pathToFileURL(join(dist, name)).href);
const holdsSlack = (name) => /^dist-.*\.js$/.test(name) && readFileSync(join(dist, name), 'utf8').includes('slackPlugin');
const { slackPlugin, getSlackStore } = await load(readdirSync(dist).find(holdsSlack));
const { createEmulator } = await load('api.js');

const register = slackPlugin.register;
slackPlugin.register = (app, store, hooks, baseUrl, tokens) => {
  app.get('/_control/ephemeral', (c) => c.json(getSlackStore(store).ephemeralMessages.all()));
  app.get('/_control/deliveries', (c) => c.json(hooks.getDeliveries().map((d) => ({ status: d.status_code, payload: d.payload }))));
  app.post('/_control/events', async (c) => {
    hooks.register({ url: (await c.req.json()).url, events: ['*'], active: true, owner: 'slack' });
    return c.json({ ok: true });
  });
  register.call(slackPlugin, app, store, hooks, baseUrl, tokens);
};
await createEmulator({ service: 'slack', port: Number(innerPort), seed: parse(readFileSync(seedFile, 'utf8')) });

// Moves a query's arguments into the body of a POST.
function inBody(url, headers, body) {
  const args = Object.fromEntries(url.searchParams);
  if (args.token) headers.authorization = `Bearer ${args.token}`;
  if ((headers['content-type'] ?? '').startsWith('application/json')) {
    return JSON.stringify({ ...args, ...JSON.parse(body.toString() || '{}') });
  }
  headers['content-type'] = 'application/x-www-form-urlencoded';
  return new URLSearchParams({ ...args, ...Object.fromEntries(new URLSearchParams(body.toString())) }).toString();
}

async function pass(request, response) {
  const url = new URL(request.url, `http://127.0.0.1:${innerPort}`);
  const { host, connection, 'content-length': _, 'transfer-encoding': __, ...headers } = request.headers;
  let { method } = request;
  let body = Buffer.concat(await request.toArray());
  if (url.pathname.startsWith('/api/') && (method === 'GET' || url.search)) {
    body = inBody(url, headers, body);
    method = 'POST';
    url.search = '';
  }
  const answer = await fetch(url, { method, headers, body: method === 'GET' ? undefined : body, redirect: 'manual' });
  const kept = [...answer.headers].filter(([name]) => !['content-encoding', 'content-length', 'transfer-encoding'].includes(name));
  response.writeHead(answer.status, Object.fromEntries(kept)).end(Buffer.from(await answer.arrayBuffer()));
}

createServer((request, response) => {
  pass(request, response).catch((error) => response.writeHead(502).end(String(error)));
}).listen(Number(port), '127.0.0.1', () => console.log('serving'));
