import type budget from '#src/texts/en/budget.json';
import type captions from '#src/texts/en/captions.json';
import type commands from '#src/texts/en/commands.json';
import type failures from '#src/texts/en/failures.json';
import type help from '#src/texts/en/help.json';
import type joining from '#src/texts/en/joining.json';
import managers from '#src/texts/en/managers.json' with { type: 'json' };
import type options from '#src/texts/en/options.json';
import type page from '#src/texts/en/page.json';
import type panel from '#src/texts/en/panel.json';
import type personas from '#src/texts/en/personas.json';
import type privacy from '#src/texts/en/privacy.json';
import type reading from '#src/texts/en/reading.json';
import type reminders from '#src/texts/en/reminders.json';
import type running from '#src/texts/en/running.json';
import type settings from '#src/texts/en/settings.json';
import type standIn from '#src/texts/en/stand-in.json';
import type talking from '#src/texts/en/talking.json';
import type tools from '#src/texts/en/tools.json';
import type tracks from '#src/texts/en/tracks.json';
import type transcript from '#src/texts/en/transcript.json';
import type voice from '#src/texts/en/voice.json';

/** Texts that are not translated: for managers and the operator, and without a word. */
export const englishOnlyIds: ReadonlySet<string> = new Set(Object.keys(managers));

/**
 * Every other language is checked against these tables. `with` gives the most characters of each
 * word.
 */
export type English = typeof budget &
  typeof captions &
  typeof commands &
  typeof failures &
  typeof help &
  typeof joining &
  typeof managers &
  typeof options &
  typeof page &
  typeof panel &
  typeof personas &
  typeof privacy &
  typeof reading &
  typeof reminders &
  typeof running &
  typeof settings &
  typeof standIn &
  typeof talking &
  typeof tools &
  typeof tracks &
  typeof transcript &
  typeof voice;
