import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../integration/ledger-verify.py', import.meta.url));

/** Runs the program once for each line of arguments, each time in a process of its own; without Python's start, though. */
const DRIVER = `
import base64, hashlib, json, os, re, subprocess, sys, tempfile
program = compile(open(sys.argv[1]).read(), sys.argv[1], "exec")
for line in sys.stdin:
    end, into = os.pipe()
    child = os.fork()
    if child == 0:
        code = 2
        try:
            os.dup2(into, 1), os.dup2(into, 2), os.close(end), os.close(into)
            sys.argv = [sys.argv[1], *json.loads(line)]
            exec(program, {"__name__": "__main__"})
            code = 0
        except SystemExit as done:
            code = done.code or 0
        finally:
            sys.stdout.flush(), os._exit(code)
    os.close(into)
    with os.fdopen(end) as output:
        text = output.read()
    print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text]), flush=True)
`;

/** The second verifier, in Python. */
export interface PythonVerifier extends AsyncDisposable {
  /** One at a time. @param args as on its command line */
  run(args: readonly string[]): Promise<{ readonly code: number; readonly output: string }>;
}

export function startPythonVerifier(python: string): PythonVerifier {
  const child = spawn(python, ['-c', DRIVER, PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    run: async (args) => {
      child.stdin.write(`${JSON.stringify(args)}\n`);
      const { value, done } = await answers.next();
      if (done === true) throw new Error('the verifier in Python has ended');
      const [code, output] = JSON.parse(value) as [number, string];
      return { code, output };
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
