// Members of a group in both implementations, behind one shape: each method answers octets as hex.
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { ed25519 } from "@noble/curves/ed25519.js"
import * as mls from "ts-mls"

export const hex = (bytes) => Buffer.from(bytes).toString("hex")
export const bytes = (text) => new Uint8Array(Buffer.from(text, "hex"))
const text = (value) => new TextEncoder().encode(value)

// The C++ side: one process, one line per call.
export class CppPeer {
  constructor(program) {
    this.process = spawn(program, { stdio: ["pipe", "pipe", "inherit"] })
    this.waiting = []
    createInterface({ input: this.process.stdout }).on("line", (line) => this.waiting.shift()(line))
  }
  async ask(...words) {
    const answer = new Promise((resolve) => this.waiting.push(resolve))
    this.process.stdin.write(words.join(" ") + "\n")
    const line = await answer
    if (!line.startsWith("ok")) throw new Error(`C++ refuses ${words[0]}: ${line.slice(3)}`)
    return line.slice(3).split(" ")
  }
  stop() {
    this.process.stdin.end()
  }
}

export class CppMember {
  constructor(peer, name) {
    this.peer = peer
    this.name = name
    this.kind = "C++"
  }
  async make(suite) {
    this.keyPackage = (await this.peer.ask("new", this.name, suite))[0]
  }
  create(groupId) {
    return this.peer.ask("create", this.name, groupId)
  }
  join(welcome) {
    return this.peer.ask("join", this.name, welcome)
  }
  async commit({ path, wire, adds = [], removes = [] }) {
    const words = adds.map((add) => "add:" + add).concat(removes.map((leaf) => "remove:" + leaf))
    const [commit, welcome] = await this.peer.ask(
      "commit", this.name, path ? "path" : "nopath", wire, ...words)
    return { commit, welcome: welcome === "-" ? undefined : welcome }
  }
  adopt() {
    return this.peer.ask("adopt", this.name)
  }
  async propose(kind, wire, what = "") {
    return (await this.peer.ask(kind, this.name, wire, what))[0]
  }
  async handle(message) {
    const [kind, data, aad] = await this.peer.ask("handle", this.name, message)
    return { kind, data, aad }
  }
  async say(aad, data) {
    return (await this.peer.ask("say", this.name, aad || "-", data || "-"))[0]
  }
  async state() {
    const [epoch, authenticator, tree, leaf, exported] = await this.peer.ask("state", this.name)
    return { epoch, authenticator, tree, leaf: Number(leaf), exported }
  }
  store() {
    return this.peer.ask("store", this.name)
  }
}

// ---- the identity binding, written a second time from its description (docs/writing_an_endpoint.md)

const vector = (data) => {
  const length = data.length < 64 ? [data.length] : [0x40 | (data.length >> 8), data.length & 0xff]
  return Buffer.concat([Buffer.from(length), data])
}
const u64 = (value) => {
  const out = Buffer.alloc(8)
  out.writeBigUInt64BE(BigInt(value))
  return out
}
function boundOctets(handle, leafKey, suite, notAfter) {
  const content = Buffer.concat([handle, vector(leafKey), Buffer.from([suite >> 8, suite & 255]), u64(notAfter)])
  return Buffer.concat([vector(text("MLS 1.0 Trestle IdentityBinding")), vector(content)])
}
function makeBinding(leafKey, suite) {
  const secret = ed25519.utils.randomSecretKey()
  const handle = crypto.getRandomValues(new Uint8Array(32))
  const notAfter = Math.floor(Date.now() / 1000) + 86400
  const signature = ed25519.sign(boundOctets(handle, leafKey, suite, notAfter), secret)
  return Buffer.concat([handle, ed25519.getPublicKey(secret), u64(notAfter), signature])
}
function bindingIsGood(identity, leafKey, suite) {
  if (identity.length !== 136) return false
  const octets = Buffer.from(identity)
  const notAfter = octets.readBigUInt64BE(64)
  if (Number(notAfter) < Date.now() / 1000) return false
  return ed25519.verify(octets.subarray(72), boundOctets(octets.subarray(0, 32), leafKey, suite, notAfter),
    octets.subarray(32, 64))
}

const suiteNames = {
  1: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
  3: "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
}

// RFC 9420, Section 15.1: the bucket that the content falls into, less the AEAD's tag.
function paddingFor(size) {
  let bucket = 256
  while (size + 90 > bucket) bucket *= 2
  return { kind: "padUntilLength", padUntilLength: bucket - 16 }
}

export class TsMember {
  constructor(name) {
    this.name = name
    this.kind = "TypeScript"
  }
  async make(suite) {
    this.suite = await mls.getCiphersuiteImpl(mls.getCiphersuiteFromName(suiteNames[suite]))
    this.config = {
      keyRetentionConfig: mls.defaultKeyRetentionConfig,
      lifetimeConfig: mls.defaultLifetimeConfig,
      keyPackageEqualityConfig: mls.defaultKeyPackageEqualityConfig,
      paddingConfig: mls.defaultPaddingConfig,
      authService: {
        validateCredential: async (credential, key) =>
          credential.credentialType === "basic" && bindingIsGood(credential.identity, key, suite),
      },
    }
    const keys = await this.suite.signature.keygen()
    const credential = { credentialType: "basic", identity: makeBinding(keys.publicKey, suite) }
    this.own = await mls.generateKeyPackageWithKey(credential, mls.defaultCapabilities(), mls.defaultLifetime,
      [], keys, this.suite)
    this.keyPackage = this.encode({ wireformat: "mls_key_package", keyPackage: this.own.publicPackage })
  }
  encode(message) {
    return hex(mls.encodeMlsMessage({ version: "mls10", ...message }))
  }
  decode(message) {
    const decoded = mls.decodeMlsMessage(bytes(message), 0)
    if (decoded === undefined) throw new Error("TypeScript cannot decode a message")
    return decoded[0]
  }
  async create(groupId) {
    this.group = await mls.createGroup(bytes(groupId), this.own.publicPackage, this.own.privatePackage, [],
      this.suite, this.config)
  }
  async join(welcome) {
    this.group = await mls.joinGroup(this.decode(welcome).welcome, this.own.publicPackage,
      this.own.privatePackage, mls.emptyPskIndex, this.suite, undefined, undefined, this.config)
  }
  async commit({ wire, adds = [], removes = [] }) {
    const extraProposals = adds
      .map((add) => ({ proposalType: "add", add: { keyPackage: this.decode(add).keyPackage } }))
      .concat(removes.map((removed) => ({ proposalType: "remove", remove: { removed } })))
    const result = await mls.createCommit({ state: this.group, cipherSuite: this.suite },
      { extraProposals, ratchetTreeExtension: true, wireAsPublicMessage: wire === "public" })
    this.next = result.newState
    return {
      commit: this.encode(result.commit),
      welcome: result.welcome && this.encode({ wireformat: "mls_welcome", welcome: result.welcome }),
    }
  }
  async adopt() {
    this.group = this.next
  }
  async propose(kind, wire, what) {
    const proposal = kind === "add"
      ? { proposalType: "add", add: { keyPackage: this.decode(what).keyPackage } }
      : { proposalType: "remove", remove: { removed: Number(what) } }
    const result = await mls.createProposal(this.group, wire === "public", proposal, this.suite)
    this.group = result.newState
    return this.encode(result.message)
  }
  async handle(message) {
    const decoded = this.decode(message)
    const result = await mls.processMessage(decoded, this.group, mls.emptyPskIndex, mls.acceptAll, this.suite)
    this.group = result.newState
    if (result.kind === "applicationMessage") {
      return { kind: "application", data: hex(result.message), aad: hex(decoded.privateMessage.authenticatedData) }
    }
    return { kind: this.group.groupActiveState.kind === "removedFromGroup" ? "removed" : "other" }
  }
  async say(aad, data) {
    const state = { ...this.group, clientConfig: { ...this.config, paddingConfig: paddingFor(data.length / 2) } }
    const result = await mls.createApplicationMessage(state, bytes(data), this.suite, bytes(aad))
    this.group = { ...result.newState, clientConfig: this.config }
    return this.encode({ wireformat: "mls_private_message", privateMessage: result.privateMessage })
  }
  async state() {
    const schedule = this.group.keySchedule
    return {
      epoch: String(this.group.groupContext.epoch),
      authenticator: hex(schedule.epochAuthenticator),
      tree: hex(this.group.groupContext.treeHash),
      leaf: this.group.privatePath.leafIndex,
      exported: hex(await mls.mlsExporter(schedule.exporterSecret, "interop", text("context"), 32, this.suite)),
    }
  }
  async store() {
    const decoded = mls.decodeGroupState(mls.encodeGroupState(this.group), 0)
    this.group = { ...decoded[0], clientConfig: this.config }
  }
}
