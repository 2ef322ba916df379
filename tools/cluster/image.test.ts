import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BUSYBOX_IMAGE, busyboxImage, imageArchive } from './image.ts';
import { run } from './run.ts';
import { tarArchive } from './tar.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function unpack(archive: Uint8Array): Promise<void> {
  await writeFile(join(folder, 'archive.tar'), archive);
  await run('tar', ['--extract', '--file', join(folder, 'archive.tar'), '--directory', folder]);
}

async function json(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, name), 'utf8'));
}

async function sha256(name: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(folder, name)))
    .digest('hex');
}

test('tar reads what is written: folders, links, modes and contents of any length', async () => {
  const archive = tarArchive([
    { kind: 'directory', path: 'bin' },
    { kind: 'file', path: 'bin/exact', mode: 0o755, content: Buffer.alloc(512, 'x') },
    { kind: 'file', path: 'empty', mode: 0o644, content: Buffer.alloc(0) },
    { kind: 'link', path: 'bin/sh', target: '/bin/exact' },
  ]);
  expect(archive.length % 512).toBe(0);
  await unpack(archive);
  expect(await readFile(join(folder, 'bin/exact'), 'utf8')).toBe('x'.repeat(512));
  const listing = await run('tar', ['--list', '--verbose', '--numeric-owner', '--file', join(folder, 'archive.tar')]);
  const members = listing
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/\s+/g, ' ').replace(/\d{4}-\d\d-\d\d \d\d:\d\d /, ''));
  expect(members).toEqual([
    'drwxr-xr-x 0/0 0 bin/',
    '-rwxr-xr-x 0/0 512 bin/exact',
    '-rw-r--r-- 0/0 0 empty',
    'lrwxr-xr-x 0/0 0 bin/sh -> /bin/exact',
  ]);
});

test('a name that does not fit the header is refused rather than cut', () => {
  expect(() => tarArchive([{ kind: 'directory', path: 'x'.repeat(100) }])).toThrow('longer than 100 bytes');
});

test('an image names its configuration and its layer by their digests', async () => {
  await unpack(imageArchive(busyboxImage(Buffer.from('program')), 'amd64'));
  const [manifest] = (await json('manifest.json')) as [{ Config: string; RepoTags: string[]; Layers: string[] }];
  expect(manifest).toMatchObject({ RepoTags: [BUSYBOX_IMAGE], Layers: ['layer.tar'] });
  expect(manifest.Config).toBe(`${await sha256(manifest.Config)}.json`);
  expect(await json(manifest.Config)).toMatchObject({
    architecture: 'amd64',
    rootfs: { diff_ids: [`sha256:${await sha256('layer.tar')}`] },
  });
});

test('the same files give the same image, whenever it is made', () => {
  const spec = busyboxImage(Buffer.from('program'));
  expect(imageArchive(spec, 'arm64')).toEqual(imageArchive(spec, 'arm64'));
  expect(imageArchive(spec, 'arm64')).not.toEqual(imageArchive(spec, 'amd64'));
});
