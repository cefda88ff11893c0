/**
 * Right that a command needs.
 *
 * `room`: sits in the bot's channel. `dj`: has the role for sounds there, or is alone with the bot. `manage`: Manage
 * Server, which is enough for `dj`, too.
 */
export type Right = 'anyone' | 'room' | 'dj' | 'manage';

/** Facts about a person that decide about their rights, as they are now. */
export type RightsFacts = {
  /** Sits in the bot's channel. */
  readonly isHere: boolean;
  /** And no other person does, bots aside. */
  readonly isAlone: boolean;
  readonly isDj: boolean;
  readonly mayManage: boolean;
};

export function hasRight(right: Right, { isHere, isAlone, isDj, mayManage }: RightsFacts): boolean {
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
