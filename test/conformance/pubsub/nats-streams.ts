import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

/** Deletes the streams of a prefix: the server keeps them otherwise. */
export async function dropStreams(server: URL, prefix: string): Promise<void> {
  const connection = await connect({ servers: server.host })
  const { streams } = await jetstreamManager(connection)
  for await (const { config } of streams.list()) {
    if (config.subjects.some(subject => subject.startsWith(prefix)))
      await streams.delete(config.name)
  }
  await connection.close()
}
