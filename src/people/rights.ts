/**
 * `room` people sit with the bot. `dj` people have the sound role, or are alone with the bot. `manage` is Manage Server, and
 * includes `dj`.
 */
export type Right = 'anyone' | 'room' | 'dj' | 'manage';

export type RightsFacts = {
  readonly isHere: boolean;
  /** No other person is there, apart from bots. */
  readonly isAlone: boolean;
  readonly isDj: boolean;
  readonly mayManage: boolean;
};

export function hasRight(
  right: Right,
  { isHere, isAlone, isDj, mayManage }: RightsFacts,
): boolean {
  switch (right) {
    case 'anyone':
      return true;
    case 'room':
      return isHere;
    case 'dj':
      return mayManage || (isHere && (isDj || isAlone));
    case 'manage':
      return mayManage;
  }
}
