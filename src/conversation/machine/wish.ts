import { type Admitted, admit } from '#src/base/admitted.ts';
import type { ToolEffect } from './state.ts';

/** A call that changes nothing, in the bot or outside. */
export type ReadAct = { readonly writes: 'nothing' };

/**
 * A change that its line tells everybody in the room, and that anybody there takes back. `own no` keeps less of the
 * asker, and only the asker may take that back.
 */
export type ChangeAct =
  | {
      readonly writes: 'sound' | 'setting' | 'row';
      readonly noticedBy: 'everybody';
      readonly undoneBy: 'room';
      /** Tool, or button of the panel, that takes it back. */
      readonly undo: string;
    }
  | { readonly writes: 'own no' };

/** A call that lasts, or whose words leave the channel. `unknown` is what a tool of others writes. */
export type LastingAct = {
  readonly writes: 'setting' | 'row' | 'message' | 'unknown';
  readonly noticedBy: 'everybody' | 'asker' | 'unknown';
  readonly undoneBy: 'asker' | 'manager' | 'nobody';
};

/** A call that deletes, or ends the conversation. */
export type DestroyingAct = { readonly writes: 'deletion' | 'end' };

/** A call of a tool as facts, from which its effect follows. */
export type ToolAct = ReadAct | ChangeAct | LastingAct | DestroyingAct;

/** Effect that follows from an act. No tool can give itself one. */
export type JudgedEffect = Admitted<ToolEffect, 'wish'>;

/** Words from which a call may come: of the asker alone, also of others, or a press or yes for this very call. */
export type WishWords = 'own' | 'of others' | 'confirmed';

/** A call that may run now. */
export type ToolWish = Admitted<
  { readonly effect: ToolEffect; readonly words: WishWords },
  'wish'
>;

/** Judges an act: only what everybody notices and anybody takes back is a `change`. */
export function judgeAct(act: ToolAct): JudgedEffect {
  if (act.writes === 'nothing') return admit('wish', 'read');
  if (act.writes === 'own no') return admit('wish', 'change');
  if (!('undoneBy' in act)) return admit('wish', 'destroy');
  const isShared = act.noticedBy === 'everybody' && act.undoneBy === 'room';
  return admit('wish', isShared ? 'change' : 'last');
}

export function findToolWish(effect: ToolEffect, words: 'confirmed'): ToolWish;
export function findToolWish(
  effect: ToolEffect,
  words: WishWords,
): ToolWish | undefined;
/**
 * Returns the wish by which a call runs, or undefined if it waits for Confirm. A lasting call needs a prompt with the
 * asker's words alone, a destroying one a press in any case.
 *
 * @example
 * import { findToolWish } from '#src/conversation/machine/wish.ts';
 *
 * findToolWish('change', 'of others')?.effect; // 'change'
 * findToolWish('last', 'of others'); // undefined
 * findToolWish('destroy', 'own'); // undefined
 */
export function findToolWish(
  effect: ToolEffect,
  words: WishWords,
): ToolWish | undefined {
  const isEnough =
    words === 'confirmed' ||
    (effect === 'last' ? words === 'own' : effect !== 'destroy');
  return isEnough ? admit('wish', { effect, words }) : undefined;
}
