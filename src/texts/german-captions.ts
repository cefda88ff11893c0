/** German sentences of captions, transcripts and memories, by id. */
export const germanCaptions = {
  'captions.on': 'Untertitel an, hier. Gezeigt nur von Leuten, die ja gesagt haben.',
  'captions.on.place': 'Untertitel an, in {place}. Gezeigt nur von Leuten, die ja gesagt haben.',
  'captions.already': 'Untertitel sind hier schon an, in {place}.',
  'captions.off': 'Untertitel aus.',
  'captions.off.already': 'Untertitel sind hier aus.',
  'captions.price': 'Eine Stunde Gespräch zu erkennen kostet etwa {price}.',
  'captions.price.cap': 'Der Server zahlt davon {minutes} Minuten am Tag.',
  'captions.price.free': 'Sprache zu erkennen kostet hier nichts.',
  'captions.price.unknown': 'Was eine Stunde Gespräch zu erkennen kostet, ist nicht bekannt.',
  'captions.spoken': 'Untertitel sind an. Was ihr sagt, wird geschrieben.',
  'captions.notice':
    'Untertitel sind an: Was Leute sagen, die ja gesagt haben, steht hier, {days} Tage lang. Früheres nicht.',
  'captions.notice.unkept':
    'Untertitel sind an: Was Leute sagen, die ja gesagt haben, steht hier bis 15 Minuten nach meinem Abschied.',
  'captions.notice.catch_up':
    'Wer diesen Kanal öffnen darf, kann darin suchen und es als Datei haben, auch von vorher.',
  'captions.notice.present': 'Nur wer hier saß, kann darin suchen oder es als Datei haben.',
  'captions.notice.context':
    'Wenn mich jemand etwas fragt, sieht mein Modell die letzten 10 Minuten.',
  'captions.newcomer.yes': '{name}: Hier sind Untertitel an. Was du sagst, wird geschrieben.',
  'captions.newcomer.unasked':
    '{name}: Hier sind Untertitel an. Von dir steht nichts da, solange du nicht ja sagst.',
  'captions.no_thread':
    'Ich kann in {place} keinen Thread öffnen. Gib meiner Rolle dort Create Public Threads und Send Messages in Threads, oder captions_channel none.',
  'captions.no_place':
    'Ich kann in {place} nicht schreiben. Gib meiner Rolle dort View Channel und Send Messages, dann /captions on.',
  'captions.place.gone':
    'Der Ort der Untertitel ist weg, sie werden nicht mehr gezeigt. /captions on zeigt sie wieder.',
  'captions.place.forbidden':
    'Ich darf am Ort der Untertitel nicht mehr schreiben. Gib meiner Rolle dort Send Messages, dann /captions on.',
  'captions.unshown': 'Ein Teil der Untertitel konnte nicht gezeigt werden. Der Betreiber weiß es.',
  'captions.unsaved':
    'Ich kann Untertitel gerade nicht speichern. Sie laufen weiter; der Betreiber weiß es.',
  'captions.saved': 'Untertitel werden wieder gespeichert.',
  'captions.left_out':
    'Verstanden. Ich höre dich und antworte dir, schreibe aber nichts von dir auf.',
  'captions.left_in': 'Was du sagst, wird wieder geschrieben, solange Untertitel an sind.',
  'captions.only': 'Ich schreibe hier nur Untertitel. Mit /join mode: talk redest du mit mir.',
  'captions.unheard':
    'Ich höre dich nicht, also steht von dir nichts da. Drücke Hör mich, um das zu ändern.',
  'captions.language.unknown': 'Keine Sprache "{x}". Nimm eine aus der Liste.',
  'captions.translation': 'Untertitel auf {language}',
  'captions.thread': 'Untertitel von {channel}, {date}',
  'captions.translate.off':
    'Untertitel werden nicht mehr übersetzt: {provider} antwortet nicht. Sie laufen weiter wie gesprochen.',
  'captions.translate.none':
    '{provider} übersetzt nicht, also bleiben Untertitel, wie gesprochen wurde. Der Betreiber kann ein Modell anschließen, das es kann.',
  'transcript.file': 'Mitschrift von {channel}, {date}: {n} Zeilen.',
  'transcript.none': 'Es gibt keine Mitschrift, die du lesen darfst.',
  'transcript.unknown': 'Keine Sitzung "{x}". Nimm eine aus der Liste.',
  'transcript.unread':
    'Ich kann die Mitschriften gerade nicht lesen. Der Betreiber weiß es; versuche es später.',
  'find.found': 'Gefunden für "{words}":',
  'find.none': 'Nichts gefunden für "{words}" in dem, was du lesen darfst.',
  'find.line': '{name} um {time}: "{text}"',
  'find.line.link': '{name} um {time}: "{text}" {link}',
  'ask.unknown': 'Das steht nicht in der Mitschrift.',
  'ask.not_all':
    'Nicht alle hier dürfen das wissen. Frag mich mit /ask und about, dann liest nur du es.',
  'ask.unchosen': 'Das kann ich jetzt nicht nachsehen: Kein Modell antwortet.',
  'tool.captions': 'Ich sehe in den Untertiteln nach.',
  'ask.lines': 'Kein Chat-Server antwortet, also sind hier die gefundenen Zeilen:',
  'recap.title': 'Zusammenfassung von {channel}, {date}:',
  'recap.point': '{text} ({name}, {time})',
  'recap.failed':
    'Eine Zusammenfassung dieser Sitzung ist mir nicht gelungen. /captions recap versucht es noch einmal, für dich allein.',
  'recap.alone':
    'Keine Zusammenfassung hier: Nur wer dabei war, darf lesen, was gesagt wurde. /captions recap gibt sie jedem von ihnen.',
  'recap.none': 'Es gibt noch nichts zusammenzufassen.',
  'recap.late':
    'Das dauert länger, als Discord auf eine Antwort wartet. Ich mache weiter: Frag in ein paar Minuten noch einmal.',
  'memory.off':
    'Ich merke mir hier nichts. Wer verwaltet, kann das ändern: /settings set memory on.',
  'memory.remember.doing': 'Frage, ob ich es mir merken soll.',
  'memory.remember.ask':
    '{name}, drücke in {s} s Bestätigen, und ich merke mir für alle auf diesem Server: {text}',
  'memory.about.ask':
    '{name}, {by} will, dass ich mir das über dich merke, für alle auf diesem Server. Drücke in {s} s Bestätigen, wenn du einverstanden bist: {text}',
  'memory.unclear':
    'Ich merke mir etwas über die Person, die fragt, oder über eine andere, die hier ist. Sag mit Namen, über wen.',
  'memory.remembered': 'Gemerkt: {text}',
  'memory.forget.doing': 'Frage, ob ich es vergessen soll.',
  'memory.forget.ask': '{name}, drücke in {s} s Bestätigen, und ich vergesse Nummer {n}: {text}',
  'memory.forgotten': 'Vergessen.',
  'memory.full': 'Ich merke mir hier schon {limit} Dinge. Lösche eines mit /privacy memories.',
  'memory.unknown': 'Unter dieser Nummer habe ich mir nichts gemerkt.',
  'memory.no_yes':
    'Ich merke mir nur etwas von und über Leute, die für immer ja gesagt haben: /privacy allow.',
  'memory.list': 'Was ich mir hier gemerkt habe, für alle auf diesem Server:',
  'memory.line': '{n}. {text} ({name}, {date})',
  'memory.line.about': '{n}. {text} ({name} über {about}, {date})',
  'memory.more': 'Mehr davon:',
  'memory.unread':
    'Ich kann das gerade nicht lesen oder ändern. Der Betreiber weiß es; versuche es später.',
  'memory.none': 'Ich habe mir hier nichts gemerkt.',
  'memory.denied': 'Das gehört jemand anderem: {name} oder wer verwaltet, kann es löschen.',
  'privacy.export.done': 'Alles, was ich auf diesem Server über dich habe, als JSON.',
  'privacy.export.failed': 'Ich konnte es nicht lesen. Der Betreiber weiß es; versuche es später.',
  'privacy.posted':
    'Nachrichten, die es zeigen, ändere ich so schnell, wie Discord mich lässt: noch {n}.',
  'privacy.transcripts.copies':
    'Kopien der Mitschriften in Sicherungen des Betreibers behalten es, bis sie ersetzt sind. Bitte ihn, sie zu löschen.',
  'panel.captions': 'Untertitel an: {place}',
  'panel.captions_only': 'Nur Untertitel',
  'button.captions': 'Untertitel',
  'button.transcript': 'Mitschrift',
  'button.missed': 'Was habe ich verpasst',
  'button.leave_out': 'Lass mich aus',
  'button.write_me': 'Schreib mich mit',
  'leave.ok.transcript': '{channel} nach {duration} verlassen. Mitschrift: /captions transcript.',
  'command.captions': 'Was gesagt wird, geschrieben',
  'command.captions.on': 'Schreibt auf, was hier gesagt wird',
  'command.captions.language': 'Sprache, die hier gesprochen wird',
  'command.captions.translate': 'Sprache, in die übersetzt wird',
  'command.captions.off': 'Schreibt nicht mehr auf, was gesagt wird',
  'command.captions.transcript': 'Eine Sitzung als Datei',
  'command.captions.format': 'Art der Datei',
  'command.captions.session': 'Welche Sitzung; ohne Angabe die letzte',
  'command.captions.find': 'Sucht in dem, was gesagt wurde',
  'command.captions.words': 'Gesuchte Wörter',
  'command.captions.recap': 'Das Wichtigste einer Sitzung',
  'command.captions.since': 'Von wo an',
  'command.join.mode': 'Reden, oder nur Untertitel schreiben',
  'command.ask.about.option': 'Antwort aus dem Gesagten: this, last, all oder ein Datum',
  'command.privacy.export': 'Alles, was ich hier über dich habe, als Datei',
  'command.privacy.memories': 'Was ich mir hier gemerkt habe',
  'command.privacy.memories.delete': 'Nummer des zu löschenden',
} as const;
