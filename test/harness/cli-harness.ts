import { Readable, Writable } from 'node:stream';
import type { ApprovalRequest, ApprovalVote, RequestStatus } from '../../src/core/api/kinds.ts';
import { run } from '../../src/cli/run.ts';
import type { Interrupt, Signals } from '../../src/cli/signals.ts';
import { type CommandStreams, createCommands } from '../../src/cli/commands.ts';
import { createKubectl } from '../../src/cli/kubectl.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { DEFAULT_CLIENT_LIMITS, loadKubeClient } from '../../src/platform/kube/client.ts';
import { type Fault, type RecordedRequest, ScriptedApiServer } from './scripted-api-server.ts';
import { type StoredObject, status } from './versioned-store.ts';

export const REQUESTS = '/apis/sallyport.dev/v1alpha1/approvalrequests';
export const VOTES = '/apis/sallyport.dev/v1alpha1/approvalvotes';

/** What the command line prints at 10:01 on 2026-01-01, asked by bob of a cluster with a controller of one line. */
export class CliHarness implements AsyncDisposable {
  readonly server = new ScriptedApiServer();
  /** Who asks. */
  caller: { readonly username: string; readonly groups?: readonly string[] } = { username: 'bob' };
  /** What a webhook answers to a vote. */
  refusal: Fault | undefined;
  /** What the controller writes after a vote; undefined: it is away. */
  counts: RequestStatus | undefined;
  /** When it is. */
  now: () => number = () => Date.parse('2026-01-01T10:01:00Z');
  /** What a command reads; no terminal. */
  stdin: Readable = Readable.from([]);
  /** Whether stdout is a terminal of somebody who wants colours. */
  colours = false;
  /** The program that stands for kubectl. */
  kubectl = 'kubectl';
  readonly #listeners = new Set<(signal: Interrupt) => void>();
  readonly #signals: Signals = {
    listen: (listener) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
  };

  async listen(): Promise<this> {
    await this.server.listen();
    this.server.script = (request) =>
      this.#whoIs(request) ?? this.#webhook(request) ?? this.#reason(request) ?? this.#notFound(request);
    const watches = this.server.store.onChange;
    this.server.store.onChange = (type, collection, object) => {
      watches(type, collection, object);
      if (collection === VOTES) this.#count(object as unknown as ApprovalVote);
    };
    return this;
  }

  put(request: ApprovalRequest): ApprovalRequest {
    return this.server.store.put(REQUESTS, request as unknown as StoredObject) as unknown as ApprovalRequest;
  }

  votes(): ApprovalVote[] {
    return this.server.store.objects(VOTES) as unknown as ApprovalVote[];
  }

  /** Sends a signal to whoever listens. */
  interrupt(signal: Interrupt): void {
    for (const listener of this.#listeners) listener(signal);
  }

  /** @param answer what somebody types; undefined: there is no terminal */
  run(args: string | readonly string[], answer?: string): Promise<{ code: number; out: string; err: string }> {
    return this.#run(
      ['--kubeconfig', this.server.kubeconfig, ...(typeof args === 'string' ? args.split(' ') : args)],
      answer,
    );
  }

  /** What a shell offers behind `kubectl sallyport`. */
  async complete(...words: readonly string[]): Promise<string> {
    return (await this.#run(['__complete', '--kubeconfig', this.server.kubeconfig, ...words])).out;
  }

  async #run(args: readonly string[], answer?: string): Promise<{ code: number; out: string; err: string }> {
    const out: string[] = [];
    const err: string[] = [];
    const code = await run(args, {
      connect: (source) => loadKubeClient(source, DEFAULT_CLIENT_LIMITS, systemClock),
      clock: { ...systemClock, now: () => this.now() },
      version: '1.2.3',
      signals: this.#signals,
      commands: () => createCommands(this.#commandStreams(err), this.#signals, systemClock),
      kubectl: createKubectl(this.kubectl),
      streams: {
        stdout: (text) => void out.push(text),
        stderr: (text) => void err.push(text),
        isTTY: answer !== undefined,
        stderrIsTTY: answer !== undefined,
        stdoutHasColours: this.colours,
        ask: async (question) => {
          err.push(question);
          return answer ?? '';
        },
      },
    });
    return { code, out: out.join(''), err: err.join('') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }

  #commandStreams(err: string[]): CommandStreams {
    const stderr = new Writable({
      write: (chunk, _, done) => {
        err.push(String(chunk));
        done();
      },
    });
    return { stdin: this.stdin, stdout: {}, stderr };
  }

  #webhook({ method, path }: RecordedRequest): Fault | undefined {
    return method === 'POST' && path.endsWith('/approvalvotes') ? this.refusal : undefined;
  }

  /** A merge patch (RFC 7386) of a request, which only ever fills in its reason. */
  #reason({ method, path, body }: RecordedRequest): Fault | undefined {
    const [, namespace, name] = /\/namespaces\/([^/]+)\/approvalrequests\/([^/]+)$/.exec(path) ?? [];
    const current = this.server.store.get(REQUESTS, `${namespace}/${name}`) as unknown as ApprovalRequest | undefined;
    if (method !== 'PATCH' || current === undefined) return undefined;
    const { spec } = body as Pick<ApprovalRequest, 'spec'>;
    return { type: 'Json', status: 200, body: this.put({ ...current, spec: { ...current.spec, ...spec } }) };
  }

  /** Says who asks, as the API server does. */
  #whoIs({ path }: RecordedRequest): Fault | undefined {
    if (!path.endsWith('/selfsubjectreviews')) return undefined;
    return { type: 'Json', status: 201, body: { status: { userInfo: this.caller } } };
  }

  #notFound({ method, path }: RecordedRequest): Fault | undefined {
    const name = /\/approvalrequests\/([^/]+)$/.exec(path)?.[1];
    if (method !== 'GET' || name === undefined || this.server.store.get(REQUESTS, `prod/${name}`)) return undefined;
    return { type: 'Json', status: 404, body: { ...status(404, 'NotFound', 'not found'), details: { name } } };
  }

  #count(vote: ApprovalVote): void {
    if (this.counts === undefined) return;
    const request = this.server.store.get(REQUESTS, `prod/${vote.spec.request}`) as unknown as ApprovalRequest;
    const { uid = '', name } = vote.metadata;
    const { decision } = vote.spec;
    const votes = [{ uid, name, person: 'bob', username: 'bob', decision, via: 'Kubernetes', at: '' }];
    this.put({ ...request, status: { ...request.status, ...this.counts, votes } });
  }
}
