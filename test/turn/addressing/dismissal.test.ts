import { toPersonId } from '#src/base/ids.ts';
import {
  addressingRules,
  decideAddressing,
  initialAddressing,
} from '#src/turn/addressing/addressing.ts';

const dismissals: readonly string[] = [
  'not you',
  'not you nova',
  'sorry not you nova',
  'Nova, not you',
  'Sorry, not you, I was talking to Ben',
  "I wasn't talking to you",
  'i wasnt talking to you',
  "I didn't mean you",
  'dich meinte ich nicht',
  'Tú no.',
  "c'est pas à toi que je parle",
  'Non tu',
  'Nie ty',
  'Nie mówiłem do ciebie',
  'Я не с тобой разговариваю',
  'Seninle konuşmuyorum',
  '君に話してるんじゃない',
  '我没跟你说话',
  '너 말고',
];

const noDismissals: readonly string[] = [
  'sorry not you guys',
  'was it not for you to decide',
  '是不是你',
];

function hearText(text: string) {
  const spoken = {
    speakerId: toPersonId('ana'),
    fromMs: 0,
    humans: 3,
    present: ['Ben'],
    text,
  };
  return decideAddressing(initialAddressing, spoken, {
    ...addressingRules,
    names: ['Nova'],
  }).verdict;
}

test.each(dismissals)('%j says the bot was not meant', (text) =>
  expect(hearText(text)).toEqual({ meant: false, why: 'dismissed' }),
);

test.each(noDismissals)('%j does not send the bot away', (text) =>
  expect(hearText(text).why).not.toBe('dismissed'),
);
