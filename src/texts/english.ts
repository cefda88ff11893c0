import type captions from '#src/texts/en/captions.json';
import type commands from '#src/texts/en/commands.json';
import type failures from '#src/texts/en/failures.json';
import type joining from '#src/texts/en/joining.json';
import managers from '#src/texts/en/managers.json' with { type: 'json' };
import type page from '#src/texts/en/page.json';
import type panel from '#src/texts/en/panel.json';
import type privacy from '#src/texts/en/privacy.json';
import type reminders from '#src/texts/en/reminders.json';
import type running from '#src/texts/en/running.json';
import type standIn from '#src/texts/en/stand-in.json';
import type talking from '#src/texts/en/talking.json';
import type tools from '#src/texts/en/tools.json';
import type tracks from '#src/texts/en/tracks.json';
import type voice from '#src/texts/en/voice.json';

/** Texts that are not translated: for managers and the operator, and without a word. */
export const englishOnlyIds: ReadonlySet<string> = new Set(Object.keys(managers));

/**
 * Every other language is checked against these tables. `with` gives the most characters of each
 * word.
 */
export type English = typeof captions &
  typeof commands &
  typeof failures &
  typeof joining &
  typeof managers &
  typeof page &
  typeof panel &
  typeof privacy &
  typeof reminders &
  typeof running &
  typeof standIn &
  typeof talking &
  typeof tools &
  typeof tracks &
  typeof voice;
