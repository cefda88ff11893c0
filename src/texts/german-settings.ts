import type { englishSettings } from './english-settings.ts';

/** What `/settings` says. */
export const germanSettings: Readonly<Record<keyof typeof englishSettings, string>> = {
  'pipeline.switched': 'Jetzt über {pipeline}. Das Gespräch geht weiter.',
  'settings.view': 'Was auf diesem Server gilt:',
  'settings.own': '{key}: {value}',
  'settings.standard': '{key}: {value} (hier nicht gesetzt)',
  'settings.empty': 'die eigene',
  'settings.set': 'Gespeichert: {key} ist {value}.',
  'settings.unsaved':
    'Das gilt bis zu meinem Neustart; speichern konnte ich es nicht. Der Betreiber weiß Bescheid.',
  'settings.unread':
    'Ich kann nicht lesen, was hier gesetzt ist, und höre niemanden ungefragt. Der Betreiber weiß Bescheid.',
  'settings.unknown': 'Die Einstellung „{key}“ gibt es nicht. Es gibt: {keys}.',
  'settings.bad': '{key} nimmt {allowed} oder default. Nichts ist geändert.',
  'settings.bad.instructions':
    'instructions nimmt 1 bis {n} Zeichen oder default. Nichts ist geändert.',
  'settings.bad.names':
    'names nimmt bis zu 10 Namen mit höchstens 32 Zeichen, mit Komma dazwischen, oder default. Nichts ist geändert.',
  'settings.bad.voice': 'voice nimmt den Namen einer Stimme oder default. Nichts ist geändert.',
  'settings.bad.dj_role': 'dj_role nimmt @Rolle, ihre Id, none oder default. Nichts geändert.',
  'settings.bad.captions_channel':
    'captions_channel nimmt #Kanal, seine Id, none oder default. Nichts geändert.',
  'settings.bad.captions_days': 'captions_days nimmt 0 bis 365 oder default. Nichts geändert.',
  'settings.no_role':
    'Welche Rolle? Tippe: role @Name, oder role und ihre ID. Nichts ist geändert.',
  'settings.missing':
    '{pipeline} ist nicht eingerichtet. Betreiber: {setting} setzen und mich neu starten. Nichts ist geändert.',
  'settings.looser.role':
    'Dann höre ich alle mit dieser Rolle, ohne zu fragen. Ein Nein gilt weiter, und der Raum erfährt es. Ändern?',
  'settings.looser.notice':
    'Dann höre ich alle, ohne zu fragen. Ein Nein gilt weiter, und der Raum erfährt es. Ändern?',
  'settings.told.role':
    'Ab jetzt höre ich hier alle mit der vereinbarten Rolle ungefragt; /privacy deny nimmt es für dich zurück.',
  'settings.told.notice': 'Ab jetzt höre ich hier alle; /privacy deny nimmt es für dich zurück.',
  'settings.addressing.auto':
    'Bist du allein mit mir, antworte ich dir; in Gesellschaft auf meinen Namen oder nach Fragen.',
  'settings.addressing.name': 'Ich antworte, wenn mein Name den Satz beginnt oder beendet.',
  'settings.addressing.window': 'Ich antworte nur nach Fragen oder /ask.',
  'settings.addressing.always': 'Ich antworte auf alles, was Leute sagen, die zugestimmt haben.',
  'settings.addressing.off': 'Ich antworte nur auf Befehle.',
  'button.settings.loosen': 'Ändern',
  'check.point.permission': 'Rechte',
  'check.point.link': 'Sprachverbindung',
  'check.point.encryption': 'Verschlüsselung',
  'check.point.decode': 'Dekodieren',
  'check.point.recognise': 'Erkennen',
  'check.point.think': 'Denken',
  'check.point.speak': 'Sprechen',
  'check.point.playback': 'Wiedergabe',
  'check.ok': '{point}: gut, {ms} ms',
  'check.ok.detail': '{point}: gut, {ms} ms, {detail}',
  'check.bad': '{point}: geht nicht. {why}',
  'check.idle': '{point}: nicht versucht. {why}',
  'check.done': 'Alles gut. Jetzt solltest du einen Ton hören.',
  'check.done.speaking': 'Alles gut. Du hörst mich gerade sprechen.',
  'check.done.elsewhere':
    'So weit gut. Ruf /join auf, dann noch einmal /settings check für einen Ton.',
  'check.count': '{n} von 8 brauchen Hilfe.',
  'check.end_to_end': '{cipher}, Ende zu Ende',
  'check.transport': '{cipher}, nicht Ende zu Ende',
  'check.speaking': 'ich spreche gerade',
  'check.nowhere': 'Ich bin hier in keinem Sprachkanal: erst /join, dann noch einmal prüfen.',
  'check.away': 'Die Verbindung ist weg, ich verbinde mich neu. Dauert es an: /leave und /join.',
  'check.codec': 'Opus geht dort nicht, wo ich laufe. Betreiber: npm ci, dann mich neu starten.',
  'check.unsent': 'In 8 s ging nichts in den Kanal hinaus. Ruf /leave und /join auf.',
  'check.mute': 'Dafür braucht es Sprache: siehe Sprechen.',
  'check.engine':
    'Das eingebaute Modul ist ausgefallen. Betreiber: mich neu starten; wiederholt es sich, npm ci.',
  'check.bug': 'Bei mir ist etwas kaputt; das Protokoll sagt was. Betreiber: mich neu starten.',
  'check.unreachable':
    '{provider} ist nicht erreichbar. Betreiber: Läuft es, und stimmt {group}_BASE_URL?',
  'check.late':
    '{provider} hat in 8 s nicht geantwortet. Noch einmal versuchen; sonst {group}_BASE_URL prüfen.',
  'check.refused':
    '{provider} lehnt ab, worum ich bitte. Betreiber: {group}_MODEL und {group}_BASE_URL prüfen.',
  'check.odd':
    '{provider} schickt nichts Brauchbares. Betreiber: {group}_MODEL und {group}_BASE_URL prüfen.',
  'check.spent': 'Das Guthaben bei {provider} ist verbraucht. Betreiber: dort aufladen.',
  'check.model.gone':
    'Das Modell {model} wurde am {date} abgeschaltet. Betreiber: anderes {setting} wählen.',
  'check.model.gone.successor':
    'Das Modell {model} wurde am {date} abgeschaltet. Betreiber: {setting}={successor} setzen.',
  'check.model.ending': 'Das Modell {model} endet am {date}. Betreiber: anderes {setting} wählen.',
  'check.model.ending.successor':
    'Das Modell {model} endet am {date}. Betreiber: {setting}={successor} setzen.',
  'check.model.unlisted': 'Der Server führt das Modell {model} nicht. Betreiber: {setting} prüfen.',
  'help.settings':
    '/settings view zeigt, was hier gilt, /settings check probiert alles, was ich brauche.',
  'command.settings': 'Wie ich mich auf diesem Server verhalte',
  'command.settings.view': 'Was hier gilt',
  'command.settings.set': 'Etwas ändern',
  'command.settings.set.key': 'Was sich ändern soll',
  'command.settings.set.value': 'Worauf; default gibt es dem Betreiber zurück',
  'command.settings.check': 'Alles probieren, was ich brauche, am Ende mit einem Ton',
  'command.settings.pipeline': 'Wie Antworten entstehen',
  'command.settings.pipeline.to': 'Welcher Weg',
  'command.settings.addressing': 'Wann ich antworte',
  'command.settings.addressing.to': 'Welche Art',
};
