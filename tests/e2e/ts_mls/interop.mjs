// interop.mjs PEER SEED STEPS: a random history of one group whose members are half C++ and half
// TypeScript. After every step all members agree on epoch, authenticator, tree and exported secret; every
// message is read by everybody, in any order and across one commit; replays and forgeries are refused.
import { CppMember, CppPeer, TsMember, hex } from "./members.mjs"

const [program, seedText, stepsText] = process.argv.slice(2)
let seed = Number(seedText)
const steps = Number(stepsText)
const suite = seed % 2 === 0 ? 1 : 3
const membersMax = 12

// mulberry32: the choices are the seed's; keys are not.
function draw(bound) {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) % bound
}
const any = (list) => list[draw(list.length)]
const anyWire = () => any(["private", "public"])

const peer = new CppPeer(program)
let members = []
let born = 0
let checks = 0

function expect(condition, what) {
  checks += 1
  if (!condition) throw new Error(what)
}

async function newMember(kind = any(["cpp", "ts"])) {
  const name = `m${born++}`
  const member = kind === "cpp" ? new CppMember(peer, name) : new TsMember(name)
  await member.make(suite)
  return member
}

async function deliver(message, from) {
  for (const member of members) if (member !== from) await member.handle(message)
}

async function agree() {
  const first = await members[0].state()
  for (const member of members.slice(1)) {
    const state = await member.state()
    for (const field of ["epoch", "authenticator", "tree", "exported"]) {
      expect(state[field] === first[field], `${field} of ${member.kind} ${member.name} differs`)
    }
  }
}

async function commit({ adds = [], removes = [], leavers = [] } = {}) {
  const committer = any(members.filter((member) => !leavers.includes(member)))
  const { commit: message, welcome } = await committer.commit({
    path: draw(2) === 0, wire: anyWire(), removes, adds: adds.map((one) => one.keyPackage) })
  await deliver(message, committer)
  await committer.adopt()
  members = members.filter((member) => !leavers.includes(member))
  const leaves = await freeLeaves(adds.length)
  const refused = []
  for (const [i, one] of adds.entries()) {
    if (await joins(one, welcome)) members.push(one)
    else refused.push(leaves[i])
  }
  if (refused.length > 0) await commit({ removes: refused })
}

// Where the newcomers of a commit stand: the leftmost blank leaves, in order (RFC 9420, Section 12.1.1).
async function freeLeaves(count) {
  const taken = new Set()
  for (const member of members) taken.add((await member.state()).leaf)
  const out = []
  for (let leaf = 0; out.length < count; ++leaf) if (!taken.has(leaf)) out.push(leaf)
  return out
}

// ts-mls 1.6.4 joins only when all parents above an unmerged leaf list the same unmerged leaves. RFC 9420,
// Section 12.4.3.1, asks less: nodes between the leaf and a parent that lists it list it too. Such a
// newcomer is counted and removed again; any other failure is a failure.
let strictRefusals = 0
async function joins(member, welcome) {
  try {
    await member.join(welcome)
    return true
  } catch (error) {
    if (member.kind !== "TypeScript" || !error.message.includes("in its unmerged_leaves")) throw error
    strictRefusals += 1
    return false
  }
}

async function grow() {
  if (members.length >= membersMax) return shrink()
  const adds = [await newMember()]
  if (draw(2) === 0) adds.push(await newMember())
  await commit({ adds })
}

async function shrink() {
  if (members.length < 4) return grow()
  const leaver = any(members)
  const { leaf } = await leaver.state()
  if (draw(2) === 0) return commit({ removes: [leaf], leavers: [leaver] })
  const proposer = any(members.filter((member) => member !== leaver))
  await deliver(await proposer.propose("remove", anyWire(), leaf), proposer)
  await commit({ leavers: [leaver] })
}

async function update() {
  const cpp = members.filter((member) => member.kind === "C++")
  if (cpp.length === 0) return
  const who = any(cpp)
  await deliver(await who.propose("update", anyWire()), who)
  await commit()
}

const randomHex = (size) => Array.from({ length: size }, () => hex([draw(256)])).join("")

async function talk() {
  const from = any(members)
  const sent = []
  for (let i = 0; i < 4; ++i) {
    const data = randomHex(any([0, 1, 60, 170, 172, 173, 1000]))
    sent.push({ data, message: await from.say(randomHex(124), data) })
  }
  if (draw(3) === 0) await commit()
  for (const to of members.filter((member) => member !== from)) {
    for (const i of [2, 0, 3, 1]) {
      const got = await to.handle(sent[i].message)
      expect(got.kind === "application" && got.data === sent[i].data, `${to.kind} misreads ${from.kind}`)
    }
    await expectRefused(to, sent[0].message, "a replay")
    await expectRefused(to, sent[0].message.slice(0, -2) + "00", "a forgery")
  }
}

async function expectRefused(member, message, what) {
  let refused = false
  await member.handle(message).catch(() => (refused = true))
  expect(refused, `${member.kind} accepts ${what}`)
}

async function run() {
  const creator = await newMember()
  await creator.create("00112233445566778899aabbccddeeff")
  members = [creator]
  // Both implementations from the start.
  await commit({ adds: [await newMember("cpp"), await newMember("ts")] })
  await agree()
  for (let i = 0; i < steps; ++i) {
    const step = any([grow, grow, shrink, update, talk, talk, commit, async () => any(members).store()])
    await step()
    await agree()
  }
}

run().then(
  () => {
    peer.stop()
    console.log(`seed ${seedText} suite ${suite}: ${steps} steps, ${checks} checks, ${members.length} members, ` +
      `${strictRefusals} joins that ts-mls refuses beyond the RFC`)
  },
  (error) => {
    peer.stop()
    console.error(`seed ${seedText} suite ${suite}: ${error.stack}`)
    process.exitCode = 1
  },
)
