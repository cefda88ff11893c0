"""libdave.py: Discord's own library of end-to-end groups as sessions for the sandbox's people, a line of JSON each way. Bytes are base64."""
import base64
import json
import sys

import dave

people = {}


class Session:
    def __init__(self, user, channel):
        self.user, self.channel = user, int(channel)
        self.session = dave.Session(lambda source, reason: print(source, reason, file=sys.stderr))
        self.reinit()

    def reinit(self):
        self.session.reset()
        self.session.init(1, self.channel, self.user, dave.SignatureKeyPair.generate(1))
        self.encryptor = dave.Encryptor()
        self.encryptor.assign_ssrc_to_codec(1, dave.Codec.opus)
        self.decryptors = {}
        self.members = set()

    def key_package(self):
        return self.session.get_marshalled_key_package()

    def external_sender(self, package):
        self.session.set_external_sender(package)

    def proposals(self, proposals, present):
        return self.session.process_proposals(proposals, {*present, self.user})

    def commit(self, commit):
        return self.enter(self.session.process_commit(commit))

    def welcome(self, welcome, present):
        return self.enter(self.session.process_welcome(welcome, {*present, self.user}))

    def enter(self, roster):
        """The keys of others count at once beside the former ones, the own one with the transition."""
        if not isinstance(roster, dict):
            return roster is dave.RejectType.ignored
        for user, key in roster.items():
            (self.members.add if key else self.members.discard)(str(user))
        for user in self.members - {self.user}:
            decryptor = self.decryptors.setdefault(user, dave.Decryptor())
            decryptor.transition_to_key_ratchet(self.session.get_key_ratchet(user))
        return True

    def execute_transition(self):
        if self.session.has_established_group():
            self.encryptor.set_key_ratchet(self.session.get_key_ratchet(self.user))

    def list_members(self):
        return sorted(self.members)

    def seal(self, frame):
        return self.encryptor.encrypt(dave.MediaType.audio, 1, frame) if self.encryptor.has_key_ratchet() else frame

    def open(self, user, frame):
        return self.decryptors[user].decrypt(dave.MediaType.audio, frame) if user in self.decryptors else None


def encode(value):
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def decode(value):
    return base64.b64decode(value["bytes"]) if isinstance(value, dict) else value


with open(sys.argv[1]) as asked, open(sys.argv[2], "w", buffering=1) as answered:
    for line in asked:
        number, method, *given = json.loads(line)
        if method == "create":
            people[number] = Session(*given)
            result = None
        else:
            result = getattr(people[number], method)(*map(decode, given))
        print(json.dumps(encode(result)), file=answered)
