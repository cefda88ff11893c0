/** A fault in the sources that the simulation or the tests have to find. */
export type PlantedFault = {
  readonly id: string;
  /** What the bot does wrong with it. */
  readonly meaning: string;
  readonly file: string;
  /** Text that stands once in the file, and the text in its place. */
  readonly from: string;
  readonly to: string;
  /** Folders whose tests may find it. */
  readonly tests: readonly string[];
  /** The simulation finds it within seconds, as a canary. */
  readonly isQuick?: boolean;
};

const machine = 'src/conversation/machine';
const conversationTests = ['test/conversation'];

/** Faults of the kinds that people notice. One that cannot be planted any more counts as not found: it is rewritten when its code moves. */
export const plantedFaults: readonly PlantedFault[] = [
  {
    id: '01',
    meaning: 'Words of the former pause are kept when their speaker goes on.',
    file: `${machine}/speech-events.ts`,
    from: '  utterance.heard.words = undefined;\n',
    to: '',
    tests: conversationTests,
    isQuick: true,
  },
  {
    id: '02',
    meaning: 'The last to finish a question is answered first.',
    file: `${machine}/turn-queue.ts`,
    from: 'if (waitingTurn) return waitingTurn.endedMs > turn.endedMs;',
    to: 'if (waitingTurn) return waitingTurn.endedMs < turn.endedMs;',
    tests: conversationTests,
    isQuick: true,
  },
  {
    id: '03',
    meaning: 'Four questions wait.',
    file: `${machine}/turn-queue.ts`,
    from: 'if (waiting.length < draft.step.rules.queue.maxQuestions) return;',
    to: 'if (waiting.length <= draft.step.rules.queue.maxQuestions) return;',
    tests: conversationTests,
  },
  {
    id: '04',
    meaning: 'An answer that is discarded leaves its reading tools running.',
    file: `${machine}/tool-decisions.ts`,
    from: "  stopToolRuns(draft, (run) => run.ref?.answer === answer.id && run.effect === 'read');\n",
    to: '',
    tests: conversationTests,
  },
  {
    id: '05',
    meaning:
      "Every exchange counts as the asker's own words, so a page may cause a lasting change.",
    file: `${machine}/turn-lifecycle.ts`,
    from: 'isOwn: answer?.hasForeignWords === false,',
    to: 'isOwn: answer !== undefined,',
    tests: conversationTests,
  },
  {
    id: '06',
    meaning: 'A no leaves texts of that person to be read out.',
    file: `${machine}/consent-events.ts`,
    from: '  dropAnnouncementsAbout(draft, by);\n',
    to: '',
    tests: conversationTests,
  },
  {
    id: '07',
    meaning: 'Timers of the conversation pile up and tick when nothing is due.',
    file: 'src/conversation/conversation-loop.ts',
    from: '    this.#stopTimer();\n    this.#stopTimer = () => undefined;\n    this.#wakeMs = wakeMs;',
    to: '    this.#stopTimer = () => undefined;\n    this.#wakeMs = wakeMs;',
    tests: conversationTests,
    isQuick: true,
  },
  {
    id: '08',
    meaning: 'The history keeps everything that the model wrote, heard or not.',
    file: 'src/conversation/answering/answer-runner.ts',
    from: "const heardText = isRead ? progress.text : (reply?.getHeardText() ?? '');",
    to: "const heardText = isRead || reply ? progress.text : '';",
    tests: conversationTests,
    isQuick: true,
  },
  {
    id: '09',
    meaning: 'A voice that was turned down while people talk stays turned down.',
    file: 'src/voice/hearing/barge-in.ts',
    from: '        output.duck(0);\n',
    to: '',
    tests: ['test/conversation', 'test/turn/overlap', 'test/playback', 'bench/manners'],
  },
  {
    id: '10',
    meaning: '"Wait" holds the answer for ever.',
    file: 'src/turn/overlap/step-barge-in.ts',
    from: 'const held = reply.hold !== undefined && atMs < reply.hold.untilMs;',
    to: 'const held = reply.hold !== undefined;',
    tests: ['test/conversation', 'test/turn/overlap'],
  },
  {
    id: '11',
    meaning: 'An answer that should end with its clause goes on to its own end.',
    file: 'src/playback/reply/spoken-reply.ts',
    from: '    this.#last = true;\n    if (this.#sound.nextPlace === 0) this.cut();',
    to: '    if (this.#sound.nextPlace === 0) this.cut();',
    tests: ['test/conversation', 'test/playback'],
  },
  {
    id: '12',
    meaning: 'A sentence that was cut counts as heard whole.',
    file: 'src/playback/reply/reply-sound.ts',
    from: '    return text.slice(0, heard?.to ?? 0).trim();',
    to: '    return heard ? text.trim() : text.trim();',
    tests: ['test/conversation', 'test/playback'],
    isQuick: true,
  },
  {
    id: '13',
    meaning: 'After an answer its asker has to say the name again.',
    file: `${machine}/turn-queue.ts`,
    from: "  noteAnswerOver(draft, turn.by, heardText);\n  if (heardText !== '')",
    to: "  if (heardText !== '')",
    tests: conversationTests,
    isQuick: true,
  },
  {
    id: '15',
    meaning: 'Once answered, a person needs no name for ever.',
    file: 'src/turn/addressing/addressing.ts',
    from: 'fromMs >= window.fromMs && fromMs < window.untilMs)',
    to: 'fromMs >= window.fromMs)',
    tests: ['test/conversation', 'test/turn/addressing'],
  },
  {
    id: '16',
    meaning:
      'An answer that is discarded, as its asker goes on, is made and heard all the same.',
    file: 'src/conversation/output/running-replies.ts',
    from: "    reply?.over.abort(new Error('the reply is not wanted'));\n",
    to: '',
    tests: conversationTests,
    isQuick: true,
  },
  {
    id: '17',
    meaning: 'A lost link loses the question whose answer was being made.',
    file: `${machine}/connection-events.ts`,
    from: "if (kind === 'making' || (kind === 'sounding' && !isBegun))",
    to: "if (kind === 'sounding' && !isBegun)",
    tests: conversationTests,
  },
  {
    id: '18',
    meaning:
      'Whoever goes on after a pause leaves the request for the words before it running.',
    file: 'src/voice/hearing/utterance-recording.ts',
    from: "      openedRequest?.stop.abort(new Error('the speaker went on'));\n",
    to: '',
    tests: conversationTests,
    isQuick: true,
  },
  {
    id: '19',
    meaning: 'A voice that paused for people who talk never goes on.',
    file: 'src/voice/output/speech-output.ts',
    from: '      resumeCount++;\n      openReply?.reply.resume();',
    to: '      resumeCount++;',
    tests: ['test/conversation', 'test/turn/overlap', 'bench/manners'],
  },
  {
    id: '20',
    meaning: 'Words of any bystander end an answer that is not for them.',
    file: 'src/turn/overlap/step-barge-in.ts',
    from: '!isFinal || old || !(mine || speech.meant)',
    to: '!isFinal || old',
    tests: ['test/conversation', 'test/turn/overlap'],
  },
  {
    id: '21',
    meaning: 'Nobody who waited in company is called by name.',
    file: `${machine}/selectors.ts`,
    from: 'return hasWaited && people.filter(({ isBot }) => !isBot).length > 1;',
    to: 'return hasWaited && people.length < 0;',
    tests: conversationTests,
  },
  {
    id: '22',
    meaning: 'Tools of a session and their buttons of Confirm outlive it.',
    file: `${machine}/connection-events.ts`,
    from: "  dropEverything(draft, 'left');\n  endTools(draft);",
    to: "  dropEverything(draft, 'left');",
    tests: conversationTests,
  },
  {
    id: '23',
    meaning:
      'An answer to an interruption outlives it where the interrupted one goes on.',
    file: `${machine}/step.ts`,
    from: '  discardWrongSuppositions(draft);\n  startNextEntry',
    to: '  startNextEntry',
    tests: conversationTests,
  },
];
