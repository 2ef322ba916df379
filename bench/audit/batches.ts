import { auditEvent, eventList } from '../../test/builders/audit-events.ts';

/** As kube-apiserver batches them (--audit-webhook-batch-max-size). */
export const BATCH_EVENTS = 400;

export interface Batch {
  /** The body, each of whose events is another one than those of all batches before. */
  next(): Buffer;
}

/** The last part of an audit id, which is a number of the builder's. */
const ID_LENGTH = 12;
const ID_MARK = '"auditID":"3f2b6d0e-7c1d-4b7e-9a55-';

/** Bodies of one connection. Only the audit ids are written anew: making a batch must not cost more than taking one. */
export function createBatches(connection: number): Batch {
  const body = Buffer.from(eventList(Array.from({ length: BATCH_EVENTS }, (_, at) => auditEvent(at))));
  const places: number[] = [];
  for (let at = body.indexOf(ID_MARK); at !== -1; at = body.indexOf(ID_MARK, at + 1)) places.push(at + ID_MARK.length);
  let number = connection * 0x1_0000_0000;
  return {
    next: () => {
      for (const place of places) {
        number += 1;
        body.latin1Write(number.toString(16).padStart(ID_LENGTH, '0'), place, ID_LENGTH);
      }
      return body;
    },
  };
}
