import { createHash } from 'node:crypto';
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { findProgram, PackagesMissingError } from './packages.ts';
import { type TarEntry, tarArchive } from './tar.ts';

/** A container image with one layer, made from files of this machine: no registry is needed. */
export interface ImageSpec {
  /** For example local/busybox:1. */
  readonly reference: string;
  readonly entries: readonly TarEntry[];
  readonly command: readonly string[];
  /** `NAME=value` */
  readonly env: readonly string[];
}

/** The image that pods of tests and of the demo run, and that holds each pod's network namespace. */
export const BUSYBOX_IMAGE = 'local/busybox:1';

const APPLETS =
  'sh ls cat echo sleep ps id env head tail grep wc httpd nc vi stty date true false yes dd tee mkdir rm test printf hostname uname top seq sed awk touch tar wget ping cp mv chmod'.split(
    ' ',
  );

/** An archive as `docker save` writes it (Docker Image Specification v1.2), which `ctr images import` reads. */
export function imageArchive(spec: ImageSpec, architecture: 'amd64' | 'arm64'): Uint8Array {
  const layer = tarArchive(spec.entries);
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      config: { Cmd: spec.command, Env: spec.env, WorkingDir: '/' },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      history: [],
    }),
  );
  const configName = `${sha256(config)}.json`;
  const manifest = [{ Config: configName, RepoTags: [spec.reference], Layers: ['layer.tar'] }];
  return tarArchive([
    plainFile(configName, config),
    plainFile('layer.tar', layer),
    plainFile('manifest.json', Buffer.from(JSON.stringify(manifest))),
  ]);
}

/** The architecture of images that run on this machine, by its OCI name. */
export function imageArchitecture(): 'amd64' | 'arm64' {
  return process.arch === 'arm64' ? 'arm64' : 'amd64';
}

/** Writes the archive of `BUSYBOX_IMAGE`. */
export async function writeBusyboxImage(file: string, env: NodeJS.ProcessEnv): Promise<void> {
  await writeFile(file, imageArchive(busyboxImage(await readStaticBusybox(env)), imageArchitecture()));
}

/** busybox alone in a file system: a shell and the usual commands. */
export function busyboxImage(busybox: Uint8Array): ImageSpec {
  const folders = ['bin', 'etc', 'tmp', 'proc', 'dev', 'sys', 'var', 'root', 'data'];
  return {
    reference: BUSYBOX_IMAGE,
    entries: [
      ...folders.map((path): TarEntry => ({ kind: 'directory', path })),
      { kind: 'file', path: 'bin/busybox', mode: 0o755, content: busybox },
      ...APPLETS.map((name): TarEntry => ({ kind: 'link', path: `bin/${name}`, target: '/bin/busybox' })),
      plainFile('etc/passwd', Buffer.from('root:x:0:0:root:/root:/bin/sh\n')),
      plainFile('etc/group', Buffer.from('root:x:0:\n')),
    ],
    command: ['sleep', '1000000'],
    env: ['PATH=/bin'],
  };
}

async function readStaticBusybox(env: NodeJS.ProcessEnv): Promise<Uint8Array> {
  const found = await findProgram('busybox', env);
  if (found === undefined) throw new PackagesMissingError('busybox (Debian package busybox-static) is missing');
  const content = await readFile(await realpath(found));
  // A dynamic program names its loader within the first page; it would not start in an image of its own.
  if (/\/ld-(linux|musl)/.test(content.subarray(0, 4096).toString('latin1'))) {
    throw new PackagesMissingError(`${found} is not linked statically: install the Debian package busybox-static`);
  }
  return content;
}

function plainFile(path: string, content: Uint8Array): TarEntry {
  return { kind: 'file', path, mode: 0o644, content };
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
