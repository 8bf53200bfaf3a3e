import type { EventHandler } from 'h3'
import { options } from '#rstore-drizzle/server'
import { defineWebSocketHandler } from 'h3'
import { createRealtimeHandler } from '../server/realtime/handler'
import { hub } from './server-context'

/** Registered only where the app wants realtime, so there is a hub. */
export default defineWebSocketHandler(createRealtimeHandler({ hub: hub!, allowedOrigins: options.ws?.allowedOrigins })) satisfies EventHandler
