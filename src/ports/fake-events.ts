import type { Events, ObjectEvent } from './events.ts';

/** Keeps what was emitted. */
export class FakeEvents implements Events {
  readonly emitted: ObjectEvent[] = [];

  emit(event: ObjectEvent): void {
    this.emitted.push(event);
  }
}
