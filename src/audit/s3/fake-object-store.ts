import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import { type ObjectStore, ObjectStoreError, type StoredObject } from './s3-store.ts';

/** Objects in memory; refuses what does not have its checksum, as S3 does. */
export class FakeObjectStore implements ObjectStore {
  readonly objects = new Map<string, Buffer>();
  /** How often something was sent that stood there already. */
  kept = 0;
  /** Every call rejects until it is taken away. */
  failure: ObjectStoreError | undefined;

  async put({ key, sha256 }: StoredObject, open: () => Readable | Uint8Array): Promise<'Stored' | 'Kept'> {
    if (this.failure !== undefined) throw this.failure;
    const there = this.objects.get(key);
    if (there !== undefined) {
      if (sha256Of(there) !== sha256) throw new ObjectStoreError('Other', `${key} holds something else`);
      this.kept += 1;
      return 'Kept';
    }
    const body = open();
    const bytes = body instanceof Uint8Array ? Buffer.from(body) : await buffer(body);
    if (sha256Of(bytes) !== sha256) throw new ObjectStoreError('Unavailable', `${key}: BadDigest`);
    this.objects.set(key, bytes);
    return 'Stored';
  }

  async has({ key, sha256 }: StoredObject): Promise<boolean> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    const there = this.objects.get(key);
    return there !== undefined && sha256Of(there) === sha256;
  }

  close(): void {}
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
