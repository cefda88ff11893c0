import budget from '#src/texts/en/budget.json' with { type: 'json' };
import captions from '#src/texts/en/captions.json' with { type: 'json' };
import commands from '#src/texts/en/commands.json' with { type: 'json' };
import failures from '#src/texts/en/failures.json' with { type: 'json' };
import help from '#src/texts/en/help.json' with { type: 'json' };
import joining from '#src/texts/en/joining.json' with { type: 'json' };
import managers from '#src/texts/en/managers.json' with { type: 'json' };
import panel from '#src/texts/en/panel.json' with { type: 'json' };
import personas from '#src/texts/en/personas.json' with { type: 'json' };
import privacy from '#src/texts/en/privacy.json' with { type: 'json' };
import reading from '#src/texts/en/reading.json' with { type: 'json' };
import reminders from '#src/texts/en/reminders.json' with { type: 'json' };
import settings from '#src/texts/en/settings.json' with { type: 'json' };
import talking from '#src/texts/en/talking.json' with { type: 'json' };
import tools from '#src/texts/en/tools.json' with { type: 'json' };
import tracks from '#src/texts/en/tracks.json' with { type: 'json' };
import transcript from '#src/texts/en/transcript.json' with { type: 'json' };
import voice from '#src/texts/en/voice.json' with { type: 'json' };

/** Texts that only managers of a server and the operator read, or without a word: other languages have none of them. */
export const englishOnlyIds: ReadonlySet<string> = new Set(Object.keys(managers));

/**
 * English texts by id, one file for each feature: the tables that every other language is held against. A text with words to
 * be filled in says the most characters of each.
 */
export const english = {
  ...budget,
  ...captions,
  ...commands,
  ...failures,
  ...help,
  ...joining,
  ...managers,
  ...panel,
  ...personas,
  ...privacy,
  ...reading,
  ...reminders,
  ...settings,
  ...talking,
  ...tools,
  ...tracks,
  ...transcript,
  ...voice,
};
