import { playScripts } from '#test/conversation/setup/play-script.ts';

playScripts({
  'who writes a no to the bot, by mention anywhere or in its chat, is not heard any more and reads so': `
    with people adam eva ben cleo dora, eva always, ben always, cleo always, dora always
    20000
    eva types with mention: don't listen to me
    > replies consent.no, line 1: answered, typed eva answered
    ben types in den with mention: hör mir bitte nicht zu
    > replies consent.no, line 2: answered, typed ben answered
    cleo types: Please don't record me. > replies consent.no, line 3: answered, typed cleo answered
    dora types in den: don't listen to me > line 4: elsewhere
    consents > ben never, cleo never, dora always, eva never
    eva types with mention: don't listen to me
    > replies consent.no, line 5: answered, typed eva answered
    eva types with mention: don't listen to me
    > replies consent.no, line 6: answered, typed eva answered
    eva types with mention: don't listen to me > line 7: answered, typed eva answered
    requests > 0 requests
    `,
  'a bare "Not me" in the chat of several people withdraws nothing, but by name it does': `
    with auto, people adam eva ben, eva always
    20000
    eva types: Not me. > line 1: not-meant, typed eva not-meant
    eva types: Leave. > line 2: not-meant, typed eva not-meant
    consents > eva always
    at > Lounge
    eva types: Nova, not me. > replies consent.no, line 3: answered, typed eva answered
    consents > eva never
    `,
  'a typed stop counts for whoever sits there, wherever it is written, and only its answers are limited': `
    adam plays rain > playing title rain track main place 0
    2000 sounding
    eva types with mention: Stop!
    > replies stop.paused.owned (main) (Adam), line 1: answered, typed eva answered
    2000 silent
    read: A long story. A long story. A long story. A long story.
    > queued position 0, says "A long story. A long story. A long story. A long story."
    1000 sounding
    eva types: stop
    > replies "Stopped.", line 2: answered, played voice: stopped, typed eva answered
    1000 silent
    ben types in den with mention: stop
    > replies perm.room.elsewhere, line 3: answered, typed ben answered
    eva types in den with mention: stop > replies stop.silent, line 4: answered, typed eva answered
    read: A long story. A long story. A long story. A long story.
    > queued position 0, says "A long story. A long story. A long story. A long story."
    1000 sounding
    eva types in den with mention: stop
    > line 5: answered, played voice: stopped, typed eva answered
    1000 silent
    requests > 0 requests
    `,
  'a typed "leave" sends it out for those who sit there, and for nobody else': `
    ben types in den with mention: leave
    > replies perm.room.elsewhere, line 1: answered, typed ben answered
    at > Lounge
    adam types in den with mention: leave, please
    > replies "Done.", line 2: answered, left asked, typed adam answered
    at > nowhere
    adam types in den with mention: leave
    > replies leave.nowhere, line 3: answered, typed adam answered
    requests > 0 requests
    `,
  'a typed "stop listening" pauses hearing': `
    adam types with mention: stop listening
    > replies privacy.paused, line 1: answered, typed adam answered
    adam says: Nova, what time is it?
    requests > 0 requests
    `,
  'after a no a mention reads the next step once, and /ask is answered in writing': `
    with eva never
    eva types with mention: What time is it?
    > replies consent.no, line 1: refused, typed eva refused
    eva types with mention: And now? > line 2: refused, typed eva refused
    requests > 0 requests
    eva asks: What time is it? > told eva: answered You said five.
    5000 silent
    `,
});
