// What a test asks of a cluster besides records. Each call waits until what it did can be seen on every running node.
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'

const READY_MS_MAX = 60_000
const POLL_MS = 100

/** Waits until every node is up and the controller is chosen. */
export async function ready(nodes) {
  await until(async () => {
    if (nodes.some(({ ended }) => ended))
      throw Object.assign(new Error('A node exited while starting.'), { final: true })
    await withAdmin(nodes, async (admin) => {
      const { brokers: up, controller } = await admin.describeCluster()
      if (up.length < nodes.length || controller === null)
        throw new Error(`${up.length} of ${nodes.length} nodes are up.`)
    })
  })
}

/** Waits until this node answers and the controller counts it in. */
export async function answering(node) {
  await until(async () => {
    if (node.ended) throw Object.assign(new Error(`Node ${node.id} exited while starting.`), { final: true })
    await withAdmin([node], async (admin) => {
      const { brokers } = await admin.describeCluster()
      if (!brokers.some(({ nodeId }) => nodeId === node.id)) throw new Error(`Node ${node.id} is not in the cluster.`)
    })
  })
}

/** Topics as Tallystick wants them: the broker's clock, nothing compacted, nothing deleted by age. */
export async function createTopics(nodes, topics) {
  const settings = { 'message.timestamp.type': 'LogAppendTime', 'cleanup.policy': 'delete', 'retention.ms': '-1' }
  // A busy broker may not say yet which node controls the cluster. Topics that exist are left as they are.
  await until(() =>
    withAdmin(nodes, (admin) =>
      admin.createTopics({
        waitForLeaders: false, // kafkajs fails while the controller knows of a topic that the brokers do not know yet
        topics: topics.map(({ topic, partitions, replicationFactor, config }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor: replicationFactor ?? Math.min(3, nodes.length),
          configEntries: Object.entries({ ...settings, ...config }).map(([name, value]) => ({ name, value })),
        })),
      }),
    ),
  )
  await withAdmin(nodes, async (admin) => {
    for (const { topic, partitions } of topics) await untilPartitions(admin, topic, partitions)
  })
}

/** Raises the number of the topic's partitions to `total`. */
export async function addPartitions(nodes, topic, total) {
  await withAdmin(nodes, async (admin) => {
    await admin.createPartitions({ topicPartitions: [{ topic, count: total }] })
    await untilPartitions(admin, topic, total)
  })
}

/** Offsets cannot be asked for until every partition has a leader that knows it. */
async function untilPartitions(admin, topic, total) {
  await until(async () => {
    const offsets = await admin.fetchTopicOffsets(topic)
    if (offsets.length < total) throw new Error(`${topic} has ${offsets.length} of ${total} partitions.`)
  })
}

export async function deleteTopic(nodes, topic) {
  await withAdmin(nodes, (admin) => admin.deleteTopics({ topics: [topic] }))
  for (const node of nodes) {
    await until(() =>
      withAdmin([node], async (admin) => {
        if ((await admin.listTopics()).includes(topic)) throw new Error(`Topic ${topic} is still there.`)
      }),
    )
  }
}

/** Deletes every record of the partition below `offset`, as retention would. */
export async function deleteRecords(nodes, topic, partition, offset) {
  await withAdmin(nodes, (admin) =>
    until(async () => {
      // A fresh admin client knows no leaders until it has asked for them.
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
    }),
  )
}

/** Id of the node that leads the partition; waits while that is nobody, or a node that does not run. */
export async function leaderOf(nodes, topic, partition) {
  return until(() =>
    withAdmin(nodes, async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      const leader = topics[0].partitions.find(({ partitionId }) => partitionId === partition)?.leader
      if (!nodes.some(({ id }) => id === leader)) throw new Error(`Nobody leads ${topic}/${partition}.`)
      return leader
    }),
  )
}

async function withAdmin(nodes, use) {
  const admin = new Kafka({
    brokers: nodes.map(({ broker }) => broker),
    clientId: 'tally-test',
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  }).admin()
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Repeats `attempt` until it does not throw; the last error when time is up, or at once when it is marked `final`. */
async function until(attempt) {
  const end = Date.now() + READY_MS_MAX
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (error.final || Date.now() > end) throw error
    }
    await sleep(POLL_MS)
  }
}
