import budget from './en/budget.json' with { type: 'json' };
import captions from './en/captions.json' with { type: 'json' };
import commands from './en/commands.json' with { type: 'json' };
import failures from './en/failures.json' with { type: 'json' };
import help from './en/help.json' with { type: 'json' };
import joining from './en/joining.json' with { type: 'json' };
import managers from './en/managers.json' with { type: 'json' };
import panel from './en/panel.json' with { type: 'json' };
import personas from './en/personas.json' with { type: 'json' };
import privacy from './en/privacy.json' with { type: 'json' };
import reading from './en/reading.json' with { type: 'json' };
import reminders from './en/reminders.json' with { type: 'json' };
import settings from './en/settings.json' with { type: 'json' };
import talking from './en/talking.json' with { type: 'json' };
import tools from './en/tools.json' with { type: 'json' };
import tracks from './en/tracks.json' with { type: 'json' };
import transcript from './en/transcript.json' with { type: 'json' };
import voice from './en/voice.json' with { type: 'json' };

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
