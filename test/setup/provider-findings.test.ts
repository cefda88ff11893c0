import { expect, test } from 'vitest';
import type { ExaminedRole, ProviderExamination } from '#doctor/provider.ts';
import { Report } from '#doctor/report.ts';
import { lackingGroups, reportTried, type TriedProvider } from '#setup/steps/provider-findings.ts';
import { groups, type SettingGroup } from '#src/config/keys.ts';

type State = ExaminedRole['state'] | 'guess';

/** An examination in which the roles came out so: hearing, thinking, speaking. */
function examined(...states: readonly [State, State, State]): ProviderExamination {
  const roles = groups.map((group, n): ExaminedRole => {
    const state = states[n] ?? 'absent';
    const isUsable = state === 'usable';
    return {
      group,
      state: state === 'guess' ? 'absent' : state,
      isGuess: state === 'guess',
      settings: isUsable ? [`${group}_MODEL=m`] : [],
      findings: isUsable
        ? [{ what: group, verdict: 'ok', why: 'works' }]
        : [{ what: group, verdict: 'missing', why: 'does not', mend: 'choose another' }],
    };
  });
  const settings = roles.flatMap((role) => role.settings);
  return {
    code: 0,
    findings: [{ what: 'models', verdict: 'ok', why: '2 listed' }],
    roles,
    settings,
  };
}

function reported(outcome: ProviderExamination, tried: Partial<TriedProvider> = {}) {
  const lines: string[] = [];
  const taken = groups.filter((group) =>
    outcome.settings.some((line) => line.startsWith(`${group}_`)),
  );
  const left = groups.filter((group) => !taken.includes(group));
  const usual = { name: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1', isAskedNext: true };
  reportTried(
    { ...usual, examined: outcome, taken, left, ...tried },
    new Report((line) => lines.push(line), []),
  );
  return { shown: lines.slice(0, -1).join('\n'), last: lines.at(-1) };
}

test('what a server does not have is one sentence, and no line of what is missing', () => {
  const { shown, last } = reported(examined('absent', 'usable', 'absent'));
  expect(last).toBe('Ollama works for chat. It has no speech; the next question asks for that.');
  expect(shown).toContain('2 listed');
  expect(shown).toContain('CHAT_COMPLETION');
  expect(shown).not.toMatch(/missing|Settings to use|TRANSCRIPTION|SPEECH/);
});

test.each<[readonly [State, State, State], Partial<TriedProvider>, string]>([
  [['usable', 'usable', 'usable'], {}, 'Ollama works for speech and chat.'],
  [
    ['usable', 'absent', 'usable'],
    {},
    'Ollama works for speech. It has no chat; the next question asks for that.',
  ],
  [
    ['absent', 'usable', 'broken'],
    {},
    'Ollama works for chat. It has no speech to text, and its text to speech failed; the next question asks for that.',
  ],
  [
    ['usable', 'usable', 'guess'],
    {},
    'Ollama works for speech to text and chat. Its text to speech failed; the next question asks for that.',
  ],
  [
    ['absent', 'usable', 'absent'],
    { isAskedNext: false },
    'Ollama works for chat. It has no speech.',
  ],
  [
    ['usable', 'usable', 'usable'],
    { taken: ['CHAT_COMPLETION'], left: ['SPEECH'] },
    'Ollama works for chat. The next question asks for text to speech.',
  ],
])('hearing, thinking and speaking that came out as %o are told so', (states, tried, sentence) => {
  expect(reported(examined(...states), tried).last).toBe(sentence);
});

test('what failed keeps its line and its remedy', () => {
  const { shown } = reported(examined('absent', 'usable', 'broken'));
  expect(shown).toMatch(/missing {2}SPEECH .*\n.*mend: choose another/);
  expect(shown).not.toContain('TRANSCRIPTION');
});

test('a role is lacking where the server has no such thing, and not where it failed or a model was guessed', () => {
  const lacking = (...states: readonly [State, State, State]): readonly SettingGroup[] =>
    lackingGroups(examined(...states));
  expect(lacking('absent', 'broken', 'guess')).toEqual(['TRANSCRIPTION']);
  expect(lackingGroups({ code: 1, settings: [], findings: [] })).toEqual([]);
});
