/** Room for work, in all and for each user. */
export interface Places {
  /** False where there is no room; then nothing is to be left. */
  take(user: string): boolean;
  leave(user: string): void;
}

export function createPlaces(most: number, mostEach: number): Places {
  const taken = new Map<string, number>();
  let all = 0;
  return {
    take: (user) => {
      const theirs = taken.get(user) ?? 0;
      if (all >= most || theirs >= mostEach) return false;
      all += 1;
      taken.set(user, theirs + 1);
      return true;
    },
    leave: (user) => {
      const theirs = taken.get(user) ?? 0;
      if (theirs === 0) return;
      all -= 1;
      if (theirs === 1) taken.delete(user);
      else taken.set(user, theirs - 1);
    },
  };
}
