// One round: a random history, from a seed, of one fresh group whose members are half C++ and half
// TypeScript. It starts with three members, grows to a size of 3 to 20 that the seed chooses, and lives
// on for the given number of steps: additions, removals and updates proposed or committed by either
// side, messages, members that go through their stored form. After every step all members agree on
// epoch, epoch authenticator, tree and exported secret; every message is read by everybody, in any
// order and across one commit; replays and forgeries are refused. Choices are the seed's; keys are not.
import { CppMember, TsMember, hex } from "./members.mjs"

export const sizeMin = 3
export const sizeMax = 20
const newcomersMax = 4 // in one commit

export class Round {
  constructor(peer, seed, steps) {
    this.peer = peer
    this.seed = seed
    this.state = seed
    this.steps = steps
    this.suite = seed % 2 === 0 ? 1 : 3
    this.size = sizeMin + ((seed * 7) % (sizeMax - sizeMin + 1))
    this.members = []
    this.born = 0
    this.checks = 0
    this.epochs = 0
    this.largest = 0
    this.strictRefusals = 0
    this.rootless = 0
  }

  // mulberry32.
  draw(bound) {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % bound
  }
  any(list) {
    return list[this.draw(list.length)]
  }
  anyWire() {
    return this.any(["private", "public"])
  }
  randomHex(size) {
    return Array.from({ length: size }, () => hex([this.draw(256)])).join("")
  }
  expect(condition, what) {
    this.checks += 1
    if (!condition) throw new Error(what)
  }

  async newMember(kind = this.any(["cpp", "ts"])) {
    const name = `round${this.seed}member${this.born++}`
    const member = kind === "cpp" ? new CppMember(this.peer, name) : new TsMember(name)
    await member.make(this.suite)
    return member
  }
  newMembers(count) {
    return Promise.all(Array.from({ length: count }, () => this.newMember()))
  }

  async deliver(message, from) {
    for (const member of this.members) if (member !== from) await member.handle(message)
  }

  async agree() {
    const first = await this.members[0].state()
    for (const member of this.members.slice(1)) {
      const state = await member.state()
      for (const field of ["epoch", "authenticator", "tree", "exported"]) {
        this.expect(state[field] === first[field], `${field} of ${member.kind} ${member.name} differs`)
      }
    }
    this.largest = Math.max(this.largest, this.members.length)
  }

  // `adds` are added by value, `proposed` by a proposal that was delivered before.
  async commit({ adds = [], proposed = [], removes = [], leavers = [] } = {}) {
    const committer = this.any(this.members.filter((member) => !leavers.includes(member)))
    const { commit: message, welcome } = await committer.commit({
      path: this.draw(2) === 0, wire: this.anyWire(), removes, adds: adds.map((one) => one.keyPackage) })
    await this.deliver(message, committer)
    await committer.adopt()
    this.members = this.members.filter((member) => !leavers.includes(member))
    await this.agree()
    this.epochs += 1
    const newcomers = proposed.concat(adds)
    const leaves = await this.freeLeaves(newcomers.length)
    const refused = []
    for (const [i, one] of newcomers.entries()) {
      if (await this.joins(one, welcome)) this.members.push(one)
      else refused.push(leaves[i])
    }
    if (refused.length > 0) await this.commit({ removes: refused })
  }

  // Where the newcomers of a commit stand: the leftmost blank leaves, in order (RFC 9420, Section 12.1.1).
  async freeLeaves(count) {
    const taken = new Set()
    for (const member of this.members) taken.add((await member.state()).leaf)
    const out = []
    for (let leaf = 0; out.length < count; ++leaf) if (!taken.has(leaf)) out.push(leaf)
    return out
  }

  // ts-mls 1.6.4 joins only when all parents above an unmerged leaf list the same unmerged leaves. RFC 9420,
  // Section 12.4.3.1, asks less: nodes between the leaf and a parent that lists it list it too. Such a
  // newcomer is counted and removed again; any other failure is a failure.
  async joins(member, welcome) {
    try {
      await member.join(welcome)
      return true
    } catch (error) {
      if (member.kind !== "TypeScript" || !error.message.includes("in its unmerged_leaves")) throw error
      this.strictRefusals += 1
      return false
    }
  }

  async grow() {
    if (this.members.length >= this.size) return this.shrink()
    const room = Math.min(this.size - this.members.length, newcomersMax)
    await this.commit({ adds: await this.newMembers(1 + this.draw(room)) })
  }

  // Without a member in the first half of the tree the root has no place in an update path (RFC 9420, Section
  // 4.1.2). The commit secret follows the path's last secret then (Section 12.4.1); ts-mls 1.6.4 derives one more,
  // for the root, and agrees with itself alone. Such removals are counted and not made.
  async leavesRootOut(leaver) {
    const leaves = []
    for (const member of this.members) if (member !== leaver) leaves.push((await member.state()).leaf)
    let width = 1
    while (width <= Math.max(...leaves)) width *= 2
    return Math.min(...leaves) >= width / 2
  }

  async shrink() {
    if (this.members.length <= sizeMin) return this.commit()
    const leaver = this.any(this.members)
    if (await this.leavesRootOut(leaver)) {
      this.rootless += 1
      return this.commit()
    }
    const { leaf } = await leaver.state()
    if (this.draw(2) === 0) return this.commit({ removes: [leaf], leavers: [leaver] })
    const proposer = this.any(this.members.filter((member) => member !== leaver))
    await this.deliver(await proposer.propose("remove", this.anyWire(), leaf), proposer)
    await this.commit({ leavers: [leaver] })
  }

  // An addition that one member proposes and another may commit.
  async propose() {
    if (this.members.length >= this.size) return this.shrink()
    const newcomer = await this.newMember()
    const proposer = this.any(this.members)
    await this.deliver(await proposer.propose("add", this.anyWire(), newcomer.keyPackage), proposer)
    await this.commit({ proposed: [newcomer] })
  }

  // ts-mls makes no Update proposals; its commits renew its own leaf instead.
  async update() {
    const cpp = this.members.filter((member) => member.kind === "C++")
    if (cpp.length === 0) return
    const who = this.any(cpp)
    await this.deliver(await who.propose("update", this.anyWire()), who)
    await this.commit()
  }

  async talk() {
    const from = this.any(this.members)
    const sent = []
    for (let i = 0; i < 4; ++i) {
      const data = this.randomHex(this.any([0, 1, 60, 170, 172, 173, 1000]))
      sent.push({ data, message: await from.say(this.randomHex(124), data) })
    }
    if (this.draw(3) === 0) await this.commit()
    for (const to of this.members.filter((member) => member !== from)) {
      for (const i of [2, 0, 3, 1]) {
        const got = await to.handle(sent[i].message)
        this.expect(got.kind === "application" && got.data === sent[i].data, `${to.kind} misreads ${from.kind}`)
      }
      await this.expectRefused(to, sent[0].message, "a replay")
      await this.expectRefused(to, sent[0].message.slice(0, -2) + "00", "a forgery")
    }
  }

  async expectRefused(member, message, what) {
    let refused = false
    await member.handle(message).catch(() => (refused = true))
    this.expect(refused, `${member.kind} accepts ${what}`)
  }

  async restart() {
    await this.any(this.members).store()
  }

  async run() {
    const creator = await this.newMember()
    await creator.create("00112233445566778899aabbccddeeff")
    this.members = [creator]
    // Both implementations from the start.
    await this.commit({ adds: [await this.newMember("cpp"), await this.newMember("ts")] })
    await this.agree()
    const grown = sizeMin + this.draw(this.size - sizeMin + 1)
    for (let tries = 0; this.members.length < grown && tries < sizeMax; ++tries) await this.grow()
    for (let i = 0; i < this.steps; ++i) {
      const step = this.any(["grow", "propose", "shrink", "update", "talk", "talk", "commit", "restart"])
      await this[step]()
      await this.agree()
    }
  }

  async end() {
    for (let i = 0; i < this.born; ++i) await this.peer.ask("forget", `round${this.seed}member${i}`).catch(() => {})
  }
}
