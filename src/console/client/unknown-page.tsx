import type { VNode } from 'preact';
import { Heading } from './heading.tsx';
import { Link } from './link.tsx';

export function UnknownPage({ total }: { total: number }): VNode {
  return (
    <>
      <Heading title="No such page" total={total}>
        There is no such page
      </Heading>
      <p>
        <Link to={{ page: 'List', view: 'waiting', filters: {} }}>What waits for you</Link>
      </p>
    </>
  );
}
