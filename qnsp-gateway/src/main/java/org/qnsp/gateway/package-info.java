/** Where connections to other worlds live: key-server simulators today. Heavy dependencies end here. */
package org.qnsp.gateway;
