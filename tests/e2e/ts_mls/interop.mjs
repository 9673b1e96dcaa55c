// interop.mjs PEER [--rounds N] [--seed FIRST] [--steps N]: rounds (round.mjs) with the seeds FIRST, FIRST+1,
// …; prints one line each, stops at the first divergence and names its seed.
import { parseArgs } from "node:util"
import { CppPeer } from "./members.mjs"
import { Round } from "./round.mjs"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "6" },
    seed: { type: "string", default: "1" },
    steps: { type: "string", default: "8" },
  },
})
const first = Number(values.seed)
const last = first + Number(values.rounds) - 1
const peer = new CppPeer(positionals[0])
const totals = { rounds: 0, epochs: 0, checks: 0, largest: 0, strictRefusals: 0, rootless: 0 }

for (let seed = first; seed <= last && !process.exitCode; ++seed) {
  const round = new Round(peer, seed, Number(values.steps))
  try {
    await round.run()
    console.log(`seed ${seed} suite ${round.suite}: ${round.epochs} epochs, ${round.checks} checks, ` +
      `up to ${round.largest} members`)
  } catch (error) {
    console.error(`seed ${seed} suite ${round.suite}: ${error.stack}`)
    process.exitCode = 1
  }
  await round.end()
  totals.rounds += 1
  totals.epochs += round.epochs
  totals.checks += round.checks
  totals.strictRefusals += round.strictRefusals
  totals.rootless += round.rootless
  totals.largest = Math.max(totals.largest, round.largest)
}
peer.stop()
console.log(`${process.exitCode ? "DIVERGED" : "agreed"}: ${totals.rounds} rounds, ${totals.epochs} epochs, ` +
  `${totals.checks} checks, up to ${totals.largest} members, ${totals.strictRefusals} joins that ts-mls refuses ` +
  `beyond the RFC, ${totals.rootless} removals not made because it would leave the RFC`)
