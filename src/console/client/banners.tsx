import type { VNode } from 'preact';
import { utcText } from '../../core/api/utc-text.ts';
import type { Me } from '../api.ts';

/** What holds for every page: that it is out of date, or that its reader cannot vote. */
export function Banners({ me, staleSince }: { me: Me; staleSince: string | undefined }): VNode {
  return (
    <>
      {staleSince === undefined ? null : (
        <p class="banner" role="alert">
          Out of date since {utcText(staleSince)}: Sallyport cannot reach the API server. What is shown is what it knew
          then.
        </p>
      )}
      {whoText(me) === undefined ? null : <p class="banner">{whoText(me)}</p>}
    </>
  );
}

function whoText({ person, mapAway }: Me): string | undefined {
  if (mapAway === true) return 'The people map cannot be read now: nobody can vote here until it can.';
  if (person !== undefined) return undefined;
  return 'Sallyport does not know who you are among its people: you may look, but not vote.';
}
