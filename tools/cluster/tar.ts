/** A member of a tar archive. Owner is root and the time is 0, so that the same members give the same bytes. */
export type TarEntry =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** A name does not fit into the header. */
export class TarNameError extends Error {
  readonly code = 'TAR_NAME';
  override readonly name = 'TarNameError';
}

const BLOCK = 512;
const MAX_NAME_BYTES = 100;

/** Writes a tar archive in ustar format (POSIX.1-1988, pax(1)). Paths are relative to the archive's root. */
export function tarArchive(entries: readonly TarEntry[]): Uint8Array {
  const blocks = entries.flatMap((entry) =>
    entry.kind === 'file' ? [header(entry), entry.content, padding(entry.content.length)] : [header(entry)],
  );
  // Two blocks of zeros end the archive.
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header(entry: TarEntry): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const text = (offset: number, value: string): void => void block.write(value, offset, 'utf8');
  const octal = (offset: number, length: number, value: number): void =>
    text(offset, value.toString(8).padStart(length - 1, '0'));
  text(0, checkedName(entry.kind === 'directory' ? `${entry.path}/` : entry.path));
  octal(100, 8, entry.kind === 'file' ? entry.mode : 0o755);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(124, 12, entry.kind === 'file' ? entry.content.length : 0);
  octal(136, 12, 0);
  text(156, TYPE[entry.kind]);
  if (entry.kind === 'link') text(157, checkedName(entry.target));
  text(257, 'ustar\0');
  text(263, '00');
  text(265, 'root');
  text(297, 'root');
  // The checksum is computed with its own field taken as spaces.
  text(148, ' '.repeat(8));
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

const TYPE = { file: '0', link: '2', directory: '5' } as const;

function checkedName(name: string): string {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw new TarNameError(`${name} is longer than ${MAX_NAME_BYTES} bytes`);
  return name;
}

function padding(length: number): Uint8Array {
  return Buffer.alloc((BLOCK - (length % BLOCK)) % BLOCK);
}
