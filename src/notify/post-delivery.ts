import { type PostAnswer, type PostOptions, PostError, post } from '../platform/http/post.ts';
import { DeliveryDelayedError } from './channel.ts';

/** One POST of a channel. @throws {DeliveryDelayedError} where no answer came */
export async function postDelivery(options: PostOptions, signal: AbortSignal): Promise<PostAnswer> {
  return await post(options, signal).catch((error: unknown) => {
    throw error instanceof PostError ? new DeliveryDelayedError(error.message, undefined, { cause: error }) : error;
  });
}
