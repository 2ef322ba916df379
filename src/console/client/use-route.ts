import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { pathOf, type Route, routeOf } from './route.ts';

export interface Routing {
  readonly route: Route;
  readonly go: (route: Route, how?: 'Push' | 'Replace') => void;
  readonly focusHeading: { current: boolean };
}

/** The page that the address names; the way back is the browser's. */
export function useRoute(): Routing {
  const [route, setRoute] = useState(here);
  const focusHeading = useRef(false);

  useEffect(() => {
    const follow = (): void => {
      focusHeading.current = true;
      setRoute(here());
    };
    window.addEventListener('popstate', follow);
    return () => window.removeEventListener('popstate', follow);
  }, []);

  const go = useCallback((next: Route, how: 'Push' | 'Replace' = 'Push') => {
    if (how === 'Replace') {
      window.history.replaceState(undefined, '', pathOf(next));
    } else {
      window.history.pushState(undefined, '', pathOf(next));
      focusHeading.current = true;
      window.scrollTo(0, 0);
    }
    setRoute(next);
  }, []);
  return { route, go, focusHeading };
}

function here(): Route {
  return routeOf(window.location.pathname, window.location.search);
}
