import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';

// What a webhook on Express costs before it decides anything. `node express.ts <port> <certificate> <key>`

type Handler = (request: { body: { request: { uid: string } } }, response: { json(body: object): void }) => void;

/** What is used of the package, which is installed beside this folder and brings no types. */
interface Express {
  (): RequestListener & { use(handler: unknown): void; post(path: string, handler: Handler): void };
  json(options: { readonly limit: string }): unknown;
}

const [port, certificate = '', key = ''] = process.argv.slice(2);
const express = createRequire(import.meta.url)('express') as Express;
const app = express();
app.use(express.json({ limit: '7mb' }));
app.post('/', (request, response) => {
  response.json({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: request.body.request.uid, allowed: true },
  });
});
createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, app).listen(Number(port), '127.0.0.1');
