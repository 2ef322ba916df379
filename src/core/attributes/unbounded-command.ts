/** Runs commands that it is given, reads, or is asked for. */
const SHELLS = new Set(
  'sh bash ash dash zsh ksh mksh csh tcsh fish rbash busybox-sh cmd powershell pwsh nu xonsh elvish'.split(' '),
);

/** Programs that start a shell where nothing else is named, or that lead out of the container. */
const LEAVING = new Set(
  'su sudo doas runuser nsenter chroot unshare capsh setpriv machinectl ssh docker podman nerdctl crictl ctr runc kubectl oc helm'.split(
    ' ',
  ),
);

/** Programs that run a language of their own: from their arguments, from files, and many from a URL. */
const INTERPRETERS = new Set(
  [
    'python pypy ipython node nodejs deno bun perl ruby irb jruby php lua luajit tclsh expect guile racket Rscript R julia',
    'java jshell scala kotlin groovy erl elixir iex ghci ocaml dotnet awk gawk mawk nawk gdb lldb ed ex vi vim nvim emacs',
    'psql mysql mariadb mongo mongosh redis-cli valkey-cli sqlite sqlcmd sqlplus cqlsh clickhouse-client clickhouse cockroach',
    'influx etcdctl mysqlsh pgcli rails rake django-admin make npm npx yarn pnpm pip gem composer socat nc ncat netcat',
  ]
    .join(' ')
    .toLowerCase()
    .split(' '),
);

/** Programs that run the program among their arguments. */
const WRAPPERS = new Set(
  [
    'env busybox toybox timeout nohup nice ionice chrt taskset stdbuf setsid time watch xargs parallel find script flock',
    'strace ltrace tini dumb-init gosu su-exec catchsegv exec command eval ld.so',
    'entr s6-setuidgid chpst faketime unbuffer proot run-parts start-stop-daemon tar rsync git',
  ]
    .join(' ')
    .split(' '),
);

/**
 * Why a command may do more than its words show, though nobody types anything: it is a shell or an interpreter, which runs
 * what a file, a variable or an address holds. Undefined where it is neither, as far as its name tells: a program of
 * another name may do the same.
 */
export function unboundedCommand(command: readonly string[]): string | undefined {
  const [first, ...rest] = command;
  if (first === undefined) return undefined;
  const direct = reasonOf(first);
  if (direct !== undefined || !WRAPPERS.has(programOf(first))) return direct;
  // `env -S "bash -c …"` has its words in one argument.
  for (const part of rest) {
    for (const word of part.split(/\s+/, WORDS)) {
      const reason = reasonOf(word);
      if (reason !== undefined) return reason;
    }
  }
  return undefined;
}

/** Why words that are still to come may be any program, though what is there is none of those above. */
export function openEndedCommand([first = '']: readonly string[]): string | undefined {
  const program = programOf(first);
  return WRAPPERS.has(program) ? `${program} runs the program that its arguments name` : undefined;
}

/** Words of one argument: what a wrapper runs stands at its beginning. */
const WORDS = 16;

function reasonOf(word: string): string | undefined {
  const program = programOf(word);
  if (SHELLS.has(program)) return `${program} is a shell: what it runs may be more than what is written here`;
  if (LEAVING.has(program)) return `${program} runs commands elsewhere or as somebody else: what they do is not shown`;
  if (INTERPRETERS.has(program))
    return `${program} runs a language of its own: what it runs may be more than what is written here`;
  return undefined;
}

/** `/usr/bin/python3.11` is python, `-bash` a login shell. Only names of ours are ever shown. */
function programOf(word: string): string {
  const base = word.slice(Math.max(word.lastIndexOf('/'), word.lastIndexOf('\\')) + 1).toLowerCase();
  const bare = base
    .replace(/^-+/, '')
    .replace(/\.exe$/, '')
    .replace(/\.so(?:\.\d+)*$/, '');
  // Of every architecture: ld-linux-x86-64.so.2, ld-musl-aarch64.so.1, ld64.so.2.
  if (/^ld(?:64|-linux.*|-musl.*)?$/.test(bare) && base.includes('.so')) return 'ld.so';
  if (WRAPPERS.has(bare)) return bare;
  return bare === '' ? base : bare.replace(/(?<=[a-z_-])-?\d+(?:\.\d+)*$/, '') || bare;
}
