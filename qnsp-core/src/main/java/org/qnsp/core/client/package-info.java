/** The client side: its configuration, known hosts, prompts. */
package org.qnsp.core.client;
