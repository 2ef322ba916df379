import type { Readable } from 'node:stream';
import { HeadObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

/** S3 or what speaks its language. */
export interface S3Options {
  readonly bucket: string;
  readonly region: string;
  /** Of another than Amazon's. */
  readonly endpoint?: string;
  /** The bucket in the path instead of in the host's name. */
  readonly pathStyle: boolean;
  /** Without it, what the environment gives (a role of the pod or of the machine). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** For one object. */
  readonly timeoutMs: number;
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Of its contents, in hexadecimal: the server refuses what does not have it. */
  readonly sha256: string;
  readonly contentType: string;
}

/** It adds, and never overwrites nor deletes. */
export interface ObjectStore {
  /**
   * @param open its contents, read once
   * @returns `Kept`: the same stands there already
   * @throws ObjectStoreError Other: something else stands there. Unavailable.
   */
  put(object: StoredObject, open: () => Readable | Uint8Array, signal: AbortSignal): Promise<'Stored' | 'Kept'>;
  has(object: StoredObject, signal: AbortSignal): Promise<boolean>;
  close(): void;
}

export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';
  readonly code: 'Other' | 'Unavailable';

  constructor(code: ObjectStoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function createS3Store(options: S3Options): ObjectStore {
  const { bucket, timeoutMs } = options;
  const client = new S3Client(configOf(options));
  const within = (signal: AbortSignal): { readonly abortSignal: AbortSignal } => ({
    abortSignal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  const look = async (
    { key, bytes, sha256 }: StoredObject,
    signal: AbortSignal,
  ): Promise<'Absent' | 'Same' | 'Other'> => {
    try {
      const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' });
      const found = await client.send(command, within(signal));
      const known = found.ChecksumSHA256 ?? base64Of(found.Metadata?.['sha256'] ?? '');
      return found.ContentLength === bytes && known === base64Of(sha256) ? 'Same' : 'Other';
    } catch (error) {
      if (error instanceof Error && error.name === 'NotFound') return 'Absent';
      throw unavailable(key, error);
    }
  };
  return {
    has: async (object, signal) => (await look(object, signal)) === 'Same',
    put: async (object, open, signal) => {
      const { key, bytes, sha256, contentType } = object;
      const found = await look(object, signal);
      if (found === 'Same') return 'Kept';
      if (found === 'Other') throw new ObjectStoreError('Other', `${key} holds something else; it is not overwritten`);
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: open(),
        ContentLength: bytes,
        ContentType: contentType,
        ChecksumSHA256: base64Of(sha256),
        Metadata: { sha256 },
      });
      // What is signed is then the contents too, not only the headers, also where they are streamed.
      command.middlewareStack.add(
        (next) => (args) => {
          const { request } = args as { readonly request: { readonly headers: Record<string, string> } };
          request.headers['x-amz-content-sha256'] = sha256;
          return next(args);
        },
        { step: 'build', name: 'signedContents' },
      );
      try {
        await client.send(command, within(signal));
      } catch (error) {
        throw unavailable(key, error);
      }
      return 'Stored';
    },
    close: () => client.destroy(),
  };
}

function configOf({ region, endpoint, pathStyle, credentials }: S3Options): S3ClientConfig {
  return {
    region,
    forcePathStyle: pathStyle,
    // A stream is read once: whoever archives tries again with a new one.
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

function base64Of(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function unavailable(key: string, error: unknown): ObjectStoreError {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error';
  return new ObjectStoreError('Unavailable', `${key}: ${message}`, { cause: error });
}
