import type { english } from './english.ts';
import { germanCaptions } from './german-captions.ts';
import { germanSettings } from './german-settings.ts';
import { germanTracks } from './german-tracks.ts';
import { germanTranscript } from './german-transcript.ts';

/** German; every id of the English table, with the same words to fill in. */
export const german: Readonly<Record<keyof typeof english, string>> = {
  'join.ok': 'Ich bin in {channel}. Sprich einfach mit mir.',
  'join.ok.several': 'Ich bin in {channel}. Sag zuerst „{bot}“ oder drück auf Fragen.',
  'join.consent':
    'Mit deinem Aufruf hast du für diese Sitzung zugestimmt; /privacy deny nimmt es zurück.',
  'join.spoken': 'Hallo. Ich höre nur Leute, die zugestimmt haben.',
  'join.spoken.notice': 'Hallo. Ich höre hier alle; /privacy deny nimmt es für dich zurück.',
  'join.first_heard': 'Ich höre dich, {name}.',
  'join.none': 'Geh zuerst in einen Sprachkanal oder wähl einen: /join channel.',
  'join.no_view':
    'Ich kann {channel} nicht sehen. Gib meiner Rolle dort {permission} und ruf /join noch einmal auf.',
  'join.no_connect':
    'Ich darf {channel} nicht betreten. Gib meiner Rolle dort {permission} und ruf /join noch einmal auf.',
  'join.no_speak':
    'Ich darf in {channel} nicht sprechen. Gib meiner Rolle dort {permission} und ruf /join noch einmal auf.',
  'join.full':
    '{channel} ist voll ({n}/{limit}). Heb die Grenze an oder lass mich Mitglieder verschieben.',
  'join.busy': 'Ich bin mit {n} Leuten in {other}. Frag dort.',
  'join.stage': '{channel} ist eine Bühne. Ich bin im Publikum und habe um das Wort gebeten.',
  'join.timeout':
    'Discords Sprachserver hat 15 s nicht geantwortet. Ich versuche es weiter; nächster Versuch in {s} s.',
  'join.resting': 'Discord bittet uns, {s} s zu warten. Danach versuche ich es von selbst wieder.',
  'join.barred': 'Discord bittet uns, {s} s zu warten. Ruf danach noch einmal /join auf.',
  'join.offline':
    'Meine Verbindung zu Discord ist unterbrochen. Ich versuche es weiter; nächster Versuch in {s} s.',
  'join.lost':
    'Die Sprachverbindung zu {channel} ist gleich abgerissen. Ich verbinde mich neu; nächster Versuch in {s} s.',
  'join.no_cipher': 'Die Sprachverschlüsselung wird nicht unterstützt; aktualisiere den Bot.',
  'join.no_end_to_end':
    'Dieser Server verlangt Ende-zu-Ende-Verschlüsselung; aktualisiere den Bot.',
  'join.no_coders':
    'Ich bin in so vielen Sprachkanälen, wie ich bedienen kann. /leave in einem davon, dann noch einmal /join.',
  'join.no_voice':
    'Wo ich laufe, funktioniert Sprache nicht. Der Betreiber weiß es; ruf danach noch einmal /join auf.',
  'join.sent_away': 'Jemand hat mich aus {channel} geschickt. Mit /join holst du mich zurück.',
  'join.left':
    'Ich wurde weggeschickt, bevor ich in {channel} war. Mit /join rufst du mich noch einmal.',
  'join.forbidden': 'Du darfst {channel} selbst nicht betreten.',
  'join.afk': '{channel} ist der AFK-Kanal; dort kann niemand sprechen.',
  'join.timed_out': 'Ich habe bis {time} eine Auszeit.',
  'leave.ok': '{channel} nach {duration} verlassen.',
  'leave.empty': 'Alle sind gegangen, also bin ich es auch.',
  'leave.nowhere': 'Ich bin hier in keinem Sprachkanal.',
  'slow.down': 'So schnell komme ich nicht mit. Versuch es in {s} s noch einmal.',
  'stop.ok': 'Gestoppt.',
  'stop.others': 'Das gehört anderen.',
  'stop.nothing': 'Es läuft nichts.',
  'say.queued': 'Eingereiht, {n} davor.',
  'say.now': 'Ich sage es jetzt.',
  'say.full': 'Es wartet schon zu viel ({limit}). Versuch es gleich noch einmal.',
  'say.empty': 'Darin ist nichts, was ich sagen kann.',
  'ask.thinking': 'Ich denke nach über: {question}',
  'ask.answer': '{answer}',
  'ask.dropped': 'Zu viele Fragen haben gewartet, deine ist weggefallen. Frag noch einmal.',
  'ask.replaced':
    'Du hast inzwischen etwas anderes gefragt: Nur deine neuere Frage wird beantwortet.',
  'ask.late': 'Das dauert länger. Du wirst die Antwort hören.',
  'ask.writing': 'Ich schreibe noch an deiner letzten Antwort. Frag noch einmal, wenn sie da ist.',
  'ask.writing.server': 'Ich schreibe hier noch {n} Antworten. Frag gleich noch einmal.',
  'ask.window': 'Sprich nur, {name}. {s} s lang brauchst du keinen Namen.',
  'ask.unheard': 'Ich höre dich noch nicht. Drück auf „Hör mich“ und dann noch einmal auf Fragen.',
  'ask.empty': 'Darin steht keine Frage.',
  'ask.bad.not_audio':
    'Das kann ich nicht anhören: kein Ton, den ich kenne. Ich nehme wav, mp3 und Sprachnachrichten (ogg).',
  'ask.bad.too_long': 'Das kann ich nicht anhören: länger als {max} s.',
  'ask.bad.too_big': 'Das kann ich nicht anhören: Datei zu groß.',
  'ask.bad.not_allowed': 'Das kann ich nicht anhören: Adresse nicht erlaubt.',
  'ask.bad.blocked':
    'Das kann ich nicht anhören: Deine letzten Dateien haben meinen Decoder zerlegt. Versuch es in einer Minute.',
  'ask.bad.unreachable': 'Das kann ich nicht anhören: Es kam nicht an. Schick es noch einmal.',
  'ask.about': 'Danach fragen',
  'ask.about.question': 'Sag mir in ein paar Sätzen etwas dazu.',
  'ask.about.nothing': 'In dieser Nachricht gibt es nichts zu lesen oder zu hören.',
  'privacy.card': '{bot} möchte dich hören. Ton wird nie gespeichert.',
  'privacy.allowed': 'Danke, ich höre dich jetzt.',
  'privacy.denied': 'Verstanden. Ich verwerfe deinen Ton, bevor ich ihn dekodiere.',
  'privacy.status':
    'Ich höre dich: {yes}. Über dich gespeichert: {n} Untertitelzeilen, {memories} Notizen, {m} Einstellungen.',
  'privacy.yes': 'ja',
  'privacy.no': 'nein',
  'privacy.paused': 'Ich höre nicht mehr zu. Drück auf Fortsetzen, wenn du mich wieder willst.',
  'privacy.resumed': 'Ich höre wieder zu.',
  'privacy.forget.ask':
    '{n} Untertitelzeilen, {m} Notizen und deine Einstellungen löschen? Das lässt sich nicht rückgängig machen.',
  'privacy.forget.done': '{total} Einträge gelöscht.',
  'privacy.forget.copies':
    'Sicherungen des Betreibers halten sie vielleicht, bis sie ersetzt sind. Bitte den Betreiber, diese zu löschen.',
  'privacy.forget.denied':
    'Dein Nein gilt noch, bis ich gehe; danach sag es mir mit /privacy deny noch einmal.',
  'privacy.forget.failed':
    'Ich konnte es nicht löschen. Der Betreiber weiß Bescheid; versuch es später noch einmal.',
  'privacy.unread':
    'Ich kann nicht lesen, wer zugestimmt hat, und höre nur, wer gerade eben ja gesagt hat. Der Betreiber weiß es.',
  'privacy.unsaved': 'Das gilt vorerst, aber ich konnte es nicht speichern. Der Betreiber weiß es.',
  'slow.voice': 'Einen Moment.',
  'slow.later': 'Das dauert länger. Ich sage dir Bescheid, wenn ich so weit bin.',
  'said.both': '{one} und {other}',
  'tool.time': 'Ich sehe nach der Uhrzeit.',
  'tool.here': 'Ich sehe nach, wer hier ist.',
  'tool.leave': 'Ich frage, ob ich gehen soll.',
  'tool.leave.ask': '{name}, drück innerhalb von {s} s auf Bestätigen, dann gehe ich.',
  'tool.post': 'Ich schreibe es in den Chat.',
  'tool.post.ask':
    '{name}, drück innerhalb von {s} s auf Bestätigen, dann schreibe ich das hierher: {text}',
  'tool.post.done': 'Steht im Chat.',
  'tool.volume': 'Ich ändere meine Lautstärke.',
  'tool.volume.ask':
    '{name}, drück innerhalb von {s} s auf Bestätigen, dann ändere ich meine Lautstärke.',
  'confirm.done': 'Erledigt.',
  'confirm.other': 'Das kann nur {name} drücken.',
  'confirm.over': 'Das ist vorbei. Frag mich noch einmal.',
  'confirm.failed': 'Das ging nicht. Der Betreiber weiß Bescheid; frag mich noch einmal.',
  'heard.nothing':
    'Dein Ton kommt an, aber ich kann ihn nicht dekodieren. Ich verbinde mich einmal neu.',
  'heard.undecodable':
    'Ich kann den Ton von {name} nicht dekodieren. {name}: bitte den Kanal verlassen und neu betreten.',
  'heard.undecoded':
    'Was {name} gerade gesagt hat, konnte ich nicht dekodieren. {name}: bitte noch einmal sagen.',
  'heard.missing':
    'Discord zeigt {name} sprechend, aber bei mir kommt kein Ton an. {name}: bitte den Kanal verlassen und neu betreten.',
  'link.udp':
    'Zwischen Discord und mir kommt kein Ton mehr durch (UDP). Ich verbinde mich neu; bei Wiederholung bitte die Firewall prüfen.',
  'link.encryption':
    'Die Ende-zu-Ende-Verschlüsselung dieses Anrufs kommt nicht zustande, niemand hört mich. Neuer Versuch; sonst /leave und /join.',
  'link.seat': 'Discord zeigt mich woanders als dort, wo ich bin. Ich verbinde mich einmal neu.',
  'link.frames':
    'Was ich sage, geht nicht zu Discord hinaus. Ich verbinde mich neu; wenn es bleibt: /leave und /join.',
  'fail.stt': 'Das habe ich nicht verstanden, bitte noch einmal.',
  'fail.unrecognised':
    'Das eben habe ich nicht verstanden. Falls es für mich war, bitte noch einmal.',
  'fail.llm': 'Ich kann gerade nicht denken: {provider} antwortet nicht.',
  'fail.tts': 'Meine Stimme ist weg, deshalb schreibe ich:',
  'fail.key':
    '{provider} lehnt den Schlüssel ab. Betreiber: {VARIABLE} ersetzen und /settings check ausführen.',
  'fail.limit': '{provider} bremst mich aus. Zurück in etwa {s} s.',
  'fallback.on':
    '{provider} ist ausgefallen, ich nutze {other}. Die Stimme klingt vielleicht anders.',
  'fallback.off': '{provider} ist wieder da.',
  'budget.warn': '80 % des heutigen Budgets sind verbraucht.',
  'budget.warn.month': '80 % des Budgets für diesen Monat sind verbraucht.',
  'budget.user':
    'Du hast deinen Anteil für heute verbraucht. Schreiben geht weiter; neuer Anteil in {h} h.',
  'budget.guild.captions':
    'Das Budget für heute ist verbraucht. Untertitel gibt es weiter, aber ich spreche erst wieder ab {time}.',
  'budget.guild.month.captions':
    'Das Budget für diesen Monat ist verbraucht. Untertitel gibt es weiter, aber ich spreche erst wieder ab {time}.',
  'budget.guild': 'Das Budget für heute ist verbraucht. Ich spreche erst wieder ab {time}.',
  'budget.guild.month':
    'Das Budget für diesen Monat ist verbraucht. Ich spreche erst wieder ab {time}.',
  'captions.kept': 'Untertitel werden {days} Tage aufgehoben, wenn sie an sind.',
  'captions.kept.not': 'Untertitel werden nicht aufgehoben, wenn sie an sind.',
  'captions.budget.warn': '80 % des heutigen Budgets für Untertitel sind verbraucht.',
  'captions.budget.rough':
    'Das heutige Budget für Untertitel ist verbraucht. Bis 00:00 UTC sind sie ungenauer.',
  'captions.budget.off':
    'Das heutige Budget für Untertitel ist verbraucht. Bis 00:00 UTC sind sie aus; ich antworte weiter.',
  'aside.link': 'Den Link habe ich in den Chat gestellt.',
  'aside.code': 'Den Code habe ich in den Chat gestellt.',
  'aside.table': 'Die Tabelle habe ich in den Chat gestellt.',
  'perm.manage': 'Dafür braucht es „Server verwalten“.',
  'perm.room': 'Geh zuerst in {channel}.',
  'muted.server': 'Ich bin hier stumm; bitte jemanden aus der Moderation, mich freizuschalten.',
  'suppressed.server':
    'Ich darf hier nicht sprechen. Gib meiner Rolle Sprechen; auf einer Bühne lade mich zum Sprechen ein.',
  'deafened.server': 'Ich bin hier taub geschaltet; ich kann nur Spuren abspielen.',
  'leave.broken':
    'In mir ist zweimal etwas kaputtgegangen, darum bin ich gegangen. Mit /join rufst du mich wieder.',
  moved: 'Nach {channel} verschoben.',
  reconnecting: 'Ich verbinde mich neu.',
  gave_up: 'Discord lehnt immer wieder ab. Versuch es noch einmal mit /join.',
  'channel.removed': 'Der Kanal wurde gelöscht, also bin ich gegangen.',
  'panel.listening': 'Ich höre zu',
  'panel.hearing': 'Ich höre {name}',
  'panel.thinking': 'Ich denke nach',
  'panel.speaking': 'Ich spreche mit {name}',
  'panel.paused': 'Pause',
  'panel.quiet': 'Still bis {time}',
  'panel.reconnecting': 'Ich verbinde mich neu',
  'panel.left': 'In keinem Sprachkanal',
  'panel.restarted':
    'Ich wurde neu gestartet und habe {channel} verlassen. Mit /join rufst du mich zurück.',
  'seat.returned':
    'Ich war kurz weg und bin wieder da. Falls ich dir eine Antwort schulde, frag bitte noch einmal.',
  'seat.outdated':
    'Ich war länger als 15 Minuten weg, darum habe ich {channel} verlassen. Mit /join rufst du mich zurück.',
  'seat.nobody':
    'Ich war weg, und in {channel} war niemand mehr, den ich hören darf. Mit /join rufst du mich zurück.',
  'seat.no_channel': '{channel} wurde gelöscht, während ich weg war.',
  'seat.stopped':
    'Ich werde beendet. Laufe ich binnen 15 Minuten wieder, komme ich von selbst zurück.',
  'seat.unanswered':
    'Ich werde beendet. Laufe ich binnen 15 Minuten wieder, komme ich zurück. Nicht beantwortet: {names}; fragt dann bitte noch einmal.',
  'seat.unsaid':
    'Ich werde beendet. Laufe ich binnen 15 Minuten wieder, komme ich zurück. Was ich noch sagen sollte, entfällt.',
  'panel.asked': '{name}, sprich nur',
  'panel.next': '{name} ist als Nächstes dran',
  'panel.lost': 'Nicht beantwortet: {name}. Es wartete zu viel; frag noch einmal.',
  'panel.people.yes': 'Ich höre: {names}',
  'panel.people.unasked': 'Nicht gefragt: {names}',
  'panel.people.no': 'Haben nein gesagt: {names}',
  'panel.last': 'Letzte Antwort nach {ms} ms, {engine}',
  'panel.engine': 'Noch keine Antwort, {engine}',
  'panel.moved': 'Die Tafel ist umgezogen: {link}',
  'panel.thread': 'Wen {bot} hören darf',
  'button.ask': 'Fragen',
  'button.stop': 'Stopp',
  'button.pause': 'Zuhören pausieren',
  'button.resume': 'Fortsetzen',
  'button.privacy': 'Privatsphäre',
  'button.hear_me': 'Hör mich',
  'button.not_me': 'Nicht mich',
  'button.only_today': 'Nur heute',
  'button.forget': 'Löschen',
  'button.confirm': 'Bestätigen',
  'button.try.join': '/join',
  'button.try.privacy': '/privacy status',
  'button.try.stats': '/stats',
  'stats.none': 'Noch keine Antwort.',
  'stats.speed':
    'Letzte {n} Antworten: die Hälfte binnen {p50} ms, 95 % binnen {p95} ms nach deinem letzten Wort. {failed} fehlgeschlagen. Umsonst vorausgedacht: {vain} % der Tokens.',
  'stats.last': 'Letzte Antwort: {finish}. Nach deinem letzten Wort: {instants} ms.',
  'stats.ended': 'beendet {ms}',
  'stats.recognised': 'erkannt {ms}',
  'stats.token': 'erstes Token {ms}',
  'stats.clause': 'erster Satzteil {ms}',
  'stats.speech': 'erster Ton {ms}',
  'stats.sent': 'erstes Paket gesendet {ms}',
  'stats.completed': 'zu Ende gesprochen',
  'stats.cancelled': 'abgebrochen',
  'stats.empty': 'nichts zu sagen',
  'stats.failed': 'fehlgeschlagen',
  'stats.cost': 'Heute {x} von {cap}. {n} Antworten, je {y}. Am meisten: {top}.',
  'stats.cost.none': 'Heute nichts ausgegeben, von {cap}.',
  'stats.cost.minutes': '{n} min',
  'stats.cost.unpriced': '{x} ohne Preis',
  'stats.cost.uncapped': 'ohne Grenze',
  'help.start': 'Geh in einen Sprachkanal und ruf /join auf. Dann sprich einfach mit mir.',
  'help.ask': '/ask stellt eine Frage ohne zu sprechen, /say lässt mich einen Text vorlesen.',
  'help.stop': '/stop macht mich sofort still, /leave schickt mich hinaus.',
  'help.privacy':
    'Ich höre nur Leute, die zugestimmt haben: /privacy allow, /privacy deny, /privacy forget.',
  'help.stats': '/stats sagt, wie schnell ich antworte.',
  'help.trouble':
    'Kein Ton? Sieh nach, ob ich hier stumm bin und ob meine Rolle im Kanal sprechen darf.',
  'help.unknown': 'Keine Hilfe zu „{topic}“. Themen: {topics}.',
  'command.join': 'Ruf mich in einen Sprachkanal',
  'command.join.channel': 'In welchen Sprachkanal; ohne Angabe in deinen',
  'command.leave': 'Schick mich aus dem Sprachkanal',
  'command.say': 'Lass mich einen Text sagen',
  'command.say.text': 'Was ich sagen soll',
  'command.say.voice': 'Mit welcher Stimme',
  'command.say.when': 'Jetzt oder nach dem, was wartet',
  'command.ask': 'Frag mich etwas',
  'command.ask.question': 'Deine Frage',
  'command.ask.recording': 'Eine Aufnahme, um die es geht: wav, mp3 oder Sprachnachricht (ogg)',
  'command.ask.answer': 'Wie ich antworte: laut, schriftlich oder nur dir',
  'command.stop': 'Mach mich still',
  'command.stop.what': 'Was aufhören soll',
  'command.privacy': 'Wen ich höre und was ich aufhebe',
  'command.privacy.status': 'Was ich von dir höre und aufhebe',
  'command.privacy.allow': 'Lass mich dich hören',
  'command.privacy.allow.for': 'Für wie lange',
  'command.privacy.deny': 'Ich höre dich nicht mehr',
  'command.privacy.pause': 'Ich höre den Raum nicht mehr',
  'command.privacy.resume': 'Ich höre den Raum wieder',
  'command.privacy.forget': 'Lösch alles, was ich hier von dir aufhebe',
  'command.stats': 'Wie schnell ich bin',
  'command.stats.view': 'Was ich zeigen soll',
  'command.help': 'Wie man mich benutzt',
  'command.help.topic': 'Worüber',
  ...germanCaptions,
  ...germanSettings,
  ...germanTracks,
  ...germanTranscript,
  'answer.expired':
    '{name}: Das hat länger gedauert, als Discord eine Antwort annimmt. Frag noch einmal: Ein fertiger Rückblick kommt sofort.',
  generic:
    'Das hat nicht geklappt ({code}). Versuch es noch einmal; wenn es wieder geschieht, ruf /settings check auf.',
};
