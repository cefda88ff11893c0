/** English sentences of `/settings`, by id. */
export const englishSettings = {
  'pipeline.switched': 'Now using {pipeline}. The conversation continues.',
  'settings.view': 'What holds in this server:',
  'settings.own': '{key}: {value}',
  'settings.standard': '{key}: {value} (not set here)',
  'settings.empty': 'its own',
  'settings.set': 'Saved: {key} is {value}.',
  'settings.unsaved': "That holds until I restart; I couldn't save it. The operator is told.",
  'settings.unread':
    "I can't read what was set here, so nobody is heard unasked. The operator is told.",
  'settings.unknown': 'No setting "{key}". There are: {keys}.',
  'settings.bad': '{key} takes {allowed}, or default. Nothing changed.',
  'settings.bad.instructions':
    'instructions takes 1 to {n} characters, or default. Nothing changed.',
  'settings.bad.names':
    'names takes up to 10 names of at most 32 characters, commas between, or default. Nothing changed.',
  'settings.bad.voice': 'voice takes the name of a voice, or default. Nothing changed.',
  'settings.bad.dj_role': 'dj_role takes @role, its id, none, or default. Nothing changed.',
  'settings.bad.captions_channel':
    'captions_channel takes #channel, its id, none, or default. Nothing changed.',
  'settings.bad.captions_days': 'captions_days takes 0 to 365, or default. Nothing changed.',
  'settings.no_role': 'Which role? Type: role @name, or role and its id. Nothing changed.',
  'settings.missing':
    '{pipeline} is not set up. Owner: set {setting} and start me again. Nothing changed.',
  'settings.looser.role':
    'Then I hear everybody with that role without asking them. A no is still honoured, and the room is told. Change it?',
  'settings.looser.notice':
    'Then I hear everybody without asking them. A no is still honoured, and the room is told. Change it?',
  'settings.told.role':
    'From now on I hear members of the agreed role here without asking; /privacy deny undoes it for you.',
  'settings.told.notice': 'From now on I hear everybody here; /privacy deny undoes it for you.',
  'settings.addressing.auto':
    'I answer you when you are alone with me; in company by name, or after Ask.',
  'settings.addressing.name': 'I answer when my name starts or ends the sentence.',
  'settings.addressing.window': 'I answer only after Ask or /ask.',
  'settings.addressing.always': 'I answer everything said by people who said yes.',
  'settings.addressing.off': 'I answer commands only.',
  'button.settings.loosen': 'Change it',
  'check.point.permission': 'permission',
  'check.point.link': 'voice link',
  'check.point.encryption': 'encryption',
  'check.point.decode': 'decode',
  'check.point.recognise': 'recognise',
  'check.point.think': 'think',
  'check.point.speak': 'speak',
  'check.point.playback': 'playback',
  'check.ok': '{point}: ok, {ms} ms',
  'check.ok.detail': '{point}: ok, {ms} ms, {detail}',
  'check.bad': '{point}: failed. {why}',
  'check.idle': '{point}: not tried. {why}',
  'check.done': 'All good. You should hear a tone now.',
  'check.done.speaking': 'All good. You hear me speaking.',
  'check.done.elsewhere': 'So far all good. Run /join, then /settings check again to hear a tone.',
  'check.count': '{n} of 8 need a hand.',
  'check.end_to_end': '{cipher}, end to end',
  'check.transport': '{cipher}, not end to end',
  'check.speaking': 'speaking just now',
  'check.nowhere': "I'm in no voice channel here: run /join, then check again.",
  'check.away': 'The link is away and I am reconnecting. If that lasts, run /leave and /join.',
  'check.codec': 'Opus does not work where I run. Owner: run npm ci and start me again.',
  'check.unsent': 'Nothing left for the channel in 8 s. Run /leave and /join.',
  'check.mute': 'It needs speech: see speak.',
  'check.engine': 'The built-in engine failed. Owner: start me again; if it repeats, run npm ci.',
  'check.bug': 'Something of mine is broken; the log says what. Owner: start me again.',
  'check.unreachable':
    "{provider} can't be reached. Owner: is it running, and is {group}_BASE_URL right?",
  'check.late':
    '{provider} did not answer in 8 s. Try again; if it repeats, look at {group}_BASE_URL.',
  'check.refused':
    '{provider} refused what I asked for. Owner: look at {group}_MODEL and {group}_BASE_URL.',
  'check.odd':
    '{provider} sent nothing I can use. Owner: look at {group}_MODEL and {group}_BASE_URL.',
  'check.spent': 'What was paid for at {provider} is used up. Owner: top it up there.',
  'check.model.gone': 'The model {model} was shut down on {date}. Owner: choose another {setting}.',
  'check.model.gone.successor':
    'The model {model} was shut down on {date}. Owner: set {setting}={successor}.',
  'check.model.ending': 'The model {model} ends on {date}. Owner: choose another {setting}.',
  'check.model.ending.successor':
    'The model {model} ends on {date}. Owner: set {setting}={successor}.',
  'check.model.unlisted': 'The server does not list the model {model}. Owner: look at {setting}.',
  'help.settings': '/settings view shows what holds here, /settings check tries everything I need.',
  'command.settings': 'How I behave in this server',
  'command.settings.view': 'What holds here',
  'command.settings.set': 'Change something',
  'command.settings.set.key': 'What to change',
  'command.settings.set.value': 'What it is to be; default gives it back to the operator',
  'command.settings.check': 'Try everything I need, with a tone at the end',
  'command.settings.pipeline': 'How answers are made',
  'command.settings.pipeline.to': 'Which pipeline',
  'command.settings.addressing': 'When I answer',
  'command.settings.addressing.to': 'Which mode',
} as const;
