import { EXIT, type ExitCode } from './exit-code.ts';

/** kubectl's words for our codes, the first that fits: it ends with 1 whatever went wrong. */
const PROBLEMS: readonly (readonly [words: RegExp, code: ExitCode])[] = [
  // Source: staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go, StandardErrorMessage and MultilineError.
  [/^Error from server \(NotFound\): /m, EXIT.notFound],
  // It is there and said no, whatever it quotes.
  [/^Error from server/m, EXIT.failed],
  [/^Unable to connect to the server: |^The connection to the server .{1,300} was refused/m, EXIT.unreachable],
  // Before an apply, for what kinds there are. Source: net/http and net of Go.
  [
    /Get "https?:.{1,2048}: (?:EOF|.{0,300}(?:TLS handshake timeout|i\/o timeout|connection refused|connection reset by peer|no such host|no route to host|context deadline exceeded))/,
    EXIT.unreachable,
  ],
  // Source: staging/src/k8s.io/cli-runtime/pkg/resource/builder.go
  [/^error: the path ".{0,4096}" (?:does not exist|cannot be accessed)/m, EXIT.usage],
];

/** The exit code of what kubectl said when it failed. */
export function kubectlProblem(stderr: string): ExitCode {
  return PROBLEMS.find(([words]) => words.test(stderr))?.[1] ?? EXIT.failed;
}
