import { playScripts } from '#test/conversation/setup/play-script.ts';

playScripts({
  'between people "not me" and "leave" withdraw nothing, and the bot stays': `
    with auto, people adam eva ben, eva always, ben always
    20000
    eva says: Not me. > heard Eva: Not me., ignored Eva: not-named
    5000
    eva says: Leave. > heard Eva: Leave., ignored Eva: not-named
    5000
    eva says: Leave it. > heard Eva: Leave it., ignored Eva: not-named
    5000
    eva says: I have to leave. > heard Eva: I have to leave., ignored Eva: not-named
    5000
    eva says: Not me, that was him. > heard Eva: Not me, that was him., ignored Eva: not-named
    5000
    eva says: Ben, leave. > heard Eva: Ben, leave., ignored Eva: not-named
    5000
    eva says: No. > heard Eva: No., ignored Eva: not-named
    5000
    consents > ben always, eva always
    at > Lounge
    `,
  'by its name "not me" is a no, answered by a fixed sentence and by no model': `
    with auto, people adam eva ben, eva always, ben always
    20000
    eva says: Nova, not me. > ignored Eva: interjection, says consent.no
    9000
    consents > ben always, eva never
    requests > 0 requests
    `,
  'alone with it a person needs no name: it leaves, and writes how long it stayed': `
    with auto, alone
    20000
    adam says: Leave.
    > heard Adam: Leave., ignored Adam: interjection, left asked, writes leave.ok (Lounge) (26 s)
    9000
    at > nowhere
    requests > 0 requests
    `,
  'among several people it leaves when it is called by name': `
    with name, people adam eva ben, eva always, ben always
    20000
    eva says: Nova, could you leave the channel, please?
    > heard Eva: Nova, could you leave the channel, please?
    > ignored Eva: interjection
    > left asked
    > writes leave.ok (Lounge) (27 s)
    9000
    at > nowhere
    requests > 0 requests
    `,
  'within ten seconds after it spoke "not me" is an answer to it, and later it is not': `
    with auto, people adam eva ben, eva always, ben always
    20000
    read: Dinner is ready. > queued position 0, says "Dinner is ready."
    3000 > played voice: completed
    ben says: Not me. > ignored Ben: interjection, says consent.no
    9000
    consents > ben never, eva always
    30000
    eva says: Not me. > heard Eva: Not me., ignored Eva: not-named
    9000
    consents > ben never, eva always
    `,
  'who reads that it hears them may answer "Not me" at once': `
    with notice, auto, people adam ben
    20000
    eva comes
    4000 > tells eva consent.policy, offers 2 buttons
    eva says: Not me. > ignored Eva: interjection, says consent.no
    9000
    consents > eva never
    `,
  'a sentence that only a listener can be told is a no without a name': `
    with name, people adam eva ben, eva always, ben always
    20000
    eva says: Please don't record me. > ignored Eva: interjection, says consent.no
    9000
    consents > ben always, eva never
    requests > 0 requests
    `,
  'also where it answers everything "not me" between people is no withdrawal': `
    with people adam eva ben, eva always, ben always
    20000
    eva says: Not me. > heard Eva: Not me., answered Eva: You said five.
    9000
    consents > ben always, eva always
    `,
});
